// What a person chose about this screen. Nothing of the data is kept here.
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

function stored(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing still works; the choice then lasts until the page is closed.
  }
}

const asTheme = (text: string | null): Theme => (text === 'light' || text === 'dark' ? text : 'system');
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(asTheme(stored('theme')));
const system = signal(systemDark.matches);
systemDark.addEventListener('change', (event) => {
  system.value = event.matches;
});

/** Whether the screen is dark now. */
export const dark = signal(false);
effect(() => {
  dark.value = theme.value === 'dark' || (theme.value === 'system' && system.value);
  document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
  store('theme', theme.value);
});

export const storedLanguage = (): string | null => stored('language');
export const keepLanguage = (language: string): void => store('language', language);

export const reducedMotion = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
