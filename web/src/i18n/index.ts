// Texts and the way numbers, times and chances are said. To add a language: copy `en.ts`, translate,
// and name it in `LANGUAGES` and `load` below; the type check finds every missing message.
import { signal } from '@preact/signals';
import { keepLanguage, storedLanguage } from '../state/prefs';
import { en } from './en';

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

export const language = signal<Language>('en');
const messages = signal<Messages>(en);

const load: Record<Language, () => Promise<Messages>> = {
  en: () => Promise.resolve(en),
  es: () => import('./es').then((m) => m.es),
};

export async function setLanguage(next: Language): Promise<void> {
  messages.value = await load[next]();
  language.value = next;
  document.documentElement.lang = next;
  keepLanguage(next);
}

/** The language chosen before, else the first of the browser's that we speak. */
export function startLanguage(): Promise<void> {
  const wanted = [storedLanguage(), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  const found = wanted.find((tag): tag is Language => tag !== undefined && tag in LANGUAGES);
  return setLanguage(found ?? 'en');
}

export type Values = Record<string, string | number>;

/**
 * The message of a key with `{name}` filled in. "one|other" picks by the plural rule of `n`.
 */
export function t(key: Key, values: Values = {}): string {
  return fill(messages.value[key], values, language.value);
}

export function fill(message: string, values: Values, tag: string): string {
  let text = message;
  if (message.includes('|')) {
    const [one = '', other = one] = message.split('|');
    text = new Intl.PluralRules(tag).select(Number(values.n ?? 0)) === 'one' ? one : other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** A message whose key is made from a word of the service; the word itself when there is no message. */
export function tWord(group: string, word: string): string {
  const key = `${group}.${word}`;
  return key in messages.value ? messages.value[key as Key] : word.replaceAll('_', ' ');
}
