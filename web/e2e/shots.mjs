// Pictures of every page, phone and desktop, light and dark, into test-results/. For people to look at.
import { DESKTOP, open, PHONE, shot, stop } from './driver/browser.mjs';
import { mapDrawn } from './helpers/map.mjs';
import { as, close, settled } from './helpers/session.mjs';

const PAGES = [
  ['liaison', '/brief'],
  ['liaison', '/brief?log=hotspot'],
  ['liaison', '/visits'],
  ['public_health', '/map'],
  ['public_health', '/alerts'],
  ['public_health', 'first-alert'],
  ['analyst', '/trends?measure=rate'],
  ['admin', '/admin'],
];

const only = process.argv[2];
for (const viewport of [PHONE, DESKTOP]) {
  for (const dark of [false, true]) {
    const suffix = `${viewport === PHONE ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}`;
    if (!only || only === 'sign-in') {
      const page = await open({ viewport, dark });
      await page.goto('/');
      await page.waitForSelector('form');
      await shot(page, `sign-in-${suffix}`);
      await close(page);
    }
    for (const [role, path] of PAGES) {
      const name = path === 'first-alert' ? 'alert' : path.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '');
      if (only && only !== name) continue;
      const page = await as(role, { viewport, dark });
      await page.goto(path === 'first-alert' ? '/alerts' : path);
      await settled(page);
      if (path === 'first-alert') {
        await page.click('.alert-row');
        await page.waitForSelector('.alert-page');
      }
      if (path === '/map') await mapDrawn(page);
      await page.waitForTimeout(300);
      await shot(page, `${name}-${suffix}`);
      if (page.troubles.length > 0) console.error(name, suffix, page.troubles);
      await close(page);
    }
  }
}
await stop();
