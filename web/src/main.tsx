// Starts the app: language, routing, who is signed in, then the first page.
import { render } from 'preact';
import { startLanguage } from './i18n';
import { startRouting } from './state/route';
import { loadSession } from './state/session';
import { App } from './ui/app';
import './ui/styles/tokens.css';
import './ui/styles/base.css';
import './ui/styles/components.css';
import './ui/styles/charts.css';
import './ui/styles/shell.css';
import './ui/styles/pages.css';
import './ui/styles/map.css';

startRouting();
const root = document.getElementById('app');
void Promise.all([startLanguage(), loadSession()]).then(() => {
  if (root) render(<App />, root);
});

// The app opens without a line; see public/sw.js. Not while developing, where files change under it.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}
