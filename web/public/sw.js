// Lets the app itself open without a line. Only the page and its own files are kept: never an answer of
// the API, never a tile.
const CACHE = 'app-1';

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  const old = caches
    .keys()
    .then((names) => Promise.all(names.filter((n) => n !== CACHE).map((n) => caches.delete(n))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate') event.respondWith(page(event.request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(event.request));
});

/** The page and the files it names. */
async function keepShell() {
  const cache = await caches.open(CACHE);
  const answer = await fetch('/', { cache: 'no-cache' });
  const text = await answer.clone().text();
  await cache.put('/', answer);
  const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]);
  await cache.addAll(files);
}

/** The newest page where there is a line, the kept one where there is none. */
async function page(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.headers.get('Content-Type')?.startsWith('text/html')) {
      await (await caches.open(CACHE)).put('/', answer.clone());
    }
    return answer;
  } catch (error) {
    const kept = await caches.match('/');
    if (kept) return kept;
    throw error;
  }
}

/** Files carry their content in their names: what is kept is what it was. */
async function asset(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
