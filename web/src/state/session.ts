// Who is signed in, and what they may do here. The service decides; this only hides what would be refused.
import { computed, signal } from '@preact/signals';
import { ApiError, api, dataAge, onSignedOut } from '../api/client';
import type { Me } from '../api/types';
import { keptBrief, wipeBrief } from './kept-brief';
import { forgetAll } from './resource';

/** `undefined` while we ask, `null` when nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** Said on the sign-in page when the session ended by itself. */
export const ended = signal(false);
/** The service could not be asked at all. */
export const unreachable = signal(false);

export const role = computed(() => me.value?.user.role ?? null);
export const zone = computed(() => me.value?.jurisdiction.zone ?? 'UTC');
export const decidesAlerts = computed(() => role.value === 'public_health' || role.value === 'admin');
export const logsVisits = computed(
  () => role.value === 'liaison' || role.value === 'public_health' || role.value === 'admin',
);

export interface NavItem {
  path: string;
  label: 'nav.brief' | 'nav.map' | 'nav.alerts' | 'nav.trends' | 'nav.visits' | 'nav.quality' | 'nav.admin';
}

const ITEMS: Record<string, NavItem> = {
  brief: { path: '/brief', label: 'nav.brief' },
  map: { path: '/map', label: 'nav.map' },
  alerts: { path: '/alerts', label: 'nav.alerts' },
  trends: { path: '/trends', label: 'nav.trends' },
  visits: { path: '/visits', label: 'nav.visits' },
  quality: { path: '/quality', label: 'nav.quality' },
  admin: { path: '/admin', label: 'nav.admin' },
};

const PAGES: Record<string, string[]> = {
  liaison: ['brief', 'map', 'visits', 'alerts', 'trends'],
  public_health: ['alerts', 'map', 'trends', 'brief', 'visits', 'quality'],
  analyst: ['trends', 'map', 'alerts', 'quality'],
  admin: ['alerts', 'map', 'trends', 'brief', 'visits', 'quality', 'admin'],
};

/** The pages of a role, the first being its home. */
export function pagesOf(roleName: string | null): NavItem[] {
  return (PAGES[roleName ?? ''] ?? []).flatMap((key) => ITEMS[key] ?? []);
}

export const pages = computed(() => pagesOf(role.value));

export async function loadSession(): Promise<void> {
  try {
    me.value = await api<Me>('/session', { anonymous: true });
    unreachable.value = false;
  } catch (error) {
    unreachable.value = error instanceof ApiError && error.transient;
    // Without a line the person of the kept brief may go on reading it; every call still asks the service.
    me.value = error instanceof ApiError && error.status === 0 ? (keptBrief()?.me ?? null) : null;
  }
}

export async function signIn(login: string, password: string): Promise<void> {
  const answer = await api<Me>('/session', { method: 'POST', body: { login, password }, anonymous: true });
  forgetAll();
  ended.value = false;
  unreachable.value = false;
  me.value = answer;
}

export async function signOut(): Promise<void> {
  try {
    await api('/session', { method: 'DELETE', anonymous: true });
  } finally {
    wipe();
  }
}

/** Nothing of the data stays in the browser after a sign-out. */
function wipe(): void {
  forgetAll();
  wipeBrief();
  dataAge.value = null;
  me.value = null;
  try {
    window.sessionStorage.clear();
  } catch {
    // Nothing was kept where nothing can be kept.
  }
}

onSignedOut(() => {
  if (!me.peek()) return;
  ended.value = true;
  wipe();
});
