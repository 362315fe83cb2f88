// The frame: who is here, which pages they have, and the page itself.
import { useEffect, useRef } from 'preact/hooks';
import { AssistantPage } from '../admin/assistant';
import { AdminPage } from '../admin/page';
import { AlertPage } from '../alerts/detail';
import { AlertsPage } from '../alerts/list';
import { LogSheet } from '../brief/log-sheet';
import { BriefPage } from '../brief/page';
import { VisitsPage } from '../brief/visits';
import { t } from '../i18n';
import { MapPage } from '../map/page';
import { QualityPage } from '../quality/page';
import { RulesPage } from '../rules/page';
import { live, startLive, stopLive } from '../state/live';
import { go, route, setQuery } from '../state/route';
import { logsVisits, me, pages } from '../state/session';
import { TrendsPage } from '../trends/page';
import { AccountMenu } from './account';
import { OutboxNotice } from './outbox-notice';
import { Empty, Toast } from './parts';
import { SignInPage } from './sign-in';

export function App() {
  const signedIn = Boolean(me.value);
  useEffect(() => {
    if (signedIn) startLive();
    else stopLive();
  }, [signedIn]);
  useEffect(() => {
    if (signedIn && route.value.path === '/') go(pages.value[0]?.path ?? '/', 'replace');
  }, [signedIn, route.value.path]);

  useFocusOnPage(route.value.path, signedIn);

  if (!me.value) {
    return (
      <>
        <SignInPage />
        <Toast />
      </>
    );
  }
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {t('app.skip')}
      </a>
      <TopBar />
      {me.value.demo && <aside class="demo small">{t('app.demo')}</aside>}
      <OutboxNotice />
      {/* The page scrolls the focus here when the skip link is used. */}
      <main id="main" tabIndex={-1} class={route.value.path === '/map' ? 'wide' : ''}>
        <Page path={route.value.path} />
      </main>
      <BottomBar />
      {route.value.query.has('log') && logsVisits.value && (
        <LogSheet
          onClose={() => setQuery({ log: null, follow_up: null, alert: null, at_cell: null, at_area: null })}
        />
      )}
      <Toast />
    </div>
  );
}

/** Another page: the focus goes to its beginning, so that it is read from there. */
function useFocusOnPage(path: string, signedIn: boolean): void {
  const before = useRef(path);
  useEffect(() => {
    if (signedIn && before.current !== path && before.current !== '/') {
      document.getElementById('main')?.focus({ preventScroll: true });
    }
    before.current = path;
  }, [path, signedIn]);
}

function Page({ path }: { path: string }) {
  useEffect(() => {
    const item = pages.value.find((page) => path.startsWith(page.path));
    document.title = item ? `${t(item.label)} · Emberwatch` : 'Emberwatch';
  }, [path]);
  const allowed =
    path === '/' || pages.value.some((page) => path === page.path || path.startsWith(`${page.path}/`));
  if (!allowed) return <NotFound />;
  const alert = /^\/alerts\/([0-9a-f-]+)$/.exec(path);
  if (alert?.[1]) return <AlertPage id={alert[1]} />;
  switch (path) {
    case '/':
      return null;
    case '/brief':
      return <BriefPage />;
    case '/map':
      return <MapPage />;
    case '/alerts':
      return <AlertsPage />;
    case '/alerts/rules':
      return <RulesPage />;
    case '/trends':
      return <TrendsPage />;
    case '/visits':
      return <VisitsPage />;
    case '/quality':
      return <QualityPage />;
    case '/admin/feeds/new':
      return <AssistantPage />;
    case '/admin':
      return <AdminPage />;
    default:
      return <NotFound />;
  }
}

function NotFound() {
  return (
    <div class="page stack">
      <h1>{t('app.notFound.title')}</h1>
      <Empty title={route.value.path}>{t('app.notFound.text')}</Empty>
      <p>
        <a href="/">{t('app.home')}</a>
      </p>
    </div>
  );
}

const isHere = (path: string) => route.value.path === path || route.value.path.startsWith(`${path}/`);

function TopBar() {
  return (
    <header class="top">
      <a class="brand" href="/">
        <svg width="22" height="22" viewBox="0 0 64 64" aria-hidden="true">
          <path d="M32 6 54 19v26L32 58 10 45V19Z" fill="none" stroke="currentColor" stroke-width="5" />
          <circle cx="32" cy="32" r="10" fill="currentColor" />
        </svg>
        <span>{t('app.name')}</span>
      </a>
      <nav class="tabs" aria-label={t('nav.label')}>
        {pages.value.map((page) => (
          <a key={page.path} href={page.path} aria-current={isHere(page.path) ? 'page' : undefined}>
            {t(page.label)}
          </a>
        ))}
        {logsVisits.value && (
          <button type="button" class="button" onClick={() => setQuery({ log: 1 }, 'push')}>
            {t('nav.log')}
          </button>
        )}
      </nav>
      <span class="grow" />
      {live.value === 'lost' && <span class="small muted">{t('live.lost')}</span>}
      <AccountMenu />
    </header>
  );
}

/** The bar under the thumb, on phones: the first pages of the role and, for who visits, the log. */
function BottomBar() {
  const log = logsVisits.value;
  const shown = pages.value.slice(0, log ? 3 : 4);
  return (
    <nav class="bottom" aria-label={t('nav.label')}>
      {shown.map((page) => (
        <a key={page.path} href={page.path} aria-current={isHere(page.path) ? 'page' : undefined}>
          {t(page.label)}
        </a>
      ))}
      {log && (
        <button type="button" onClick={() => setQuery({ log: 1 }, 'push')}>
          {t('nav.log')}
        </button>
      )}
    </nav>
  );
}
