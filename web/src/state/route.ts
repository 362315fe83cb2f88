// The URL is the state: which page, which filters, which cell. Links are ordinary links; a click inside
// the app is caught and becomes a history entry, so back, reload, bookmark and "send me that" all work.
import { signal } from '@preact/signals';

export interface Location {
  path: string;
  query: URLSearchParams;
}

const read = (): Location => ({
  path: window.location.pathname,
  query: new URLSearchParams(window.location.search),
});

export const route = signal<Location>(read());

/** Go to an address inside the app. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') window.history.pushState(null, '', to);
  else window.history.replaceState(null, '', to);
  const before = route.peek().path;
  route.value = read();
  if (route.peek().path !== before) window.scrollTo(0, 0);
}

/** Change some parts of the query; `null` or an empty text takes a part away. */
export function setQuery(
  patch: Record<string, string | number | null | undefined>,
  how: 'push' | 'replace' = 'replace',
): void {
  const { path, query } = route.peek();
  const next = patched(query, patch);
  const text = next.toString();
  go(text ? `${path}?${text}` : path, how);
}

export function patched(
  query: URLSearchParams,
  patch: Record<string, string | number | null | undefined>,
): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === '') next.delete(key);
    else next.set(key, String(value));
  }
  return next;
}

/** Listen to the browser's own back and forward, and to clicks on links inside the app. */
export function startRouting(): void {
  window.addEventListener('popstate', () => {
    route.value = read();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== window.location.origin)
      return;
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
