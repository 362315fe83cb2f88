// Every page × light and dark × phone and desktop: no axe violation, large targets, a picture to look at.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DESKTOP, open, PHONE, shot, stop } from '../driver/browser.mjs';
import { assertAccessible, assertTapTargets } from '../helpers/axe.mjs';
import { mapDrawn } from '../helpers/map.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

const PAGES = {
  brief: { role: 'liaison', path: '/brief' },
  'log a visit': { role: 'liaison', path: '/brief?log=other' },
  visits: { role: 'liaison', path: '/visits' },
  map: { role: 'public_health', path: '/map', ready: mapDrawn },
  'hot spots': { role: 'public_health', path: '/map?layer=hotspots', ready: mapDrawn },
  alerts: { role: 'public_health', path: '/alerts' },
  alert: {
    role: 'public_health',
    path: '/alerts?state=all',
    ready: async (page) => {
      await page.locator('.alert-row').first().click();
      await page.waitForSelector('.alert-page');
    },
  },
  trends: { role: 'analyst', path: '/trends?measure=rate' },
  rules: {
    role: 'public_health',
    path: '/alerts/rules',
    ready: async (page) => {
      await page.locator('li.card summary').first().click();
      await page.waitForSelector('li.card details table');
    },
  },
  'a rule': { role: 'admin', path: '/alerts/rules?edit=areas-alert' },
  'data quality': {
    role: 'public_health',
    path: '/quality',
    ready: async (page) => {
      await page.locator('li.card summary').first().click();
      await page.waitForSelector('.quality-detail table');
    },
  },
  admin: { role: 'admin', path: '/admin' },
  'a new feed': { role: 'admin', path: '/admin/feeds/new' },
  'a rule for rows': {
    role: 'admin',
    path: '/admin',
    ready: async (page) => {
      await page
        .getByRole('button', { name: /^Fix th/ })
        .first()
        .click();
      await page.getByRole('button', { name: 'Try it', exact: true }).click();
      await page.waitForSelector('dialog [aria-label="What the rule would do"], dialog [role=alert]');
    },
  },
  'no such page': { role: 'analyst', path: '/nowhere' },
};

for (const [what, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
  for (const dark of [false, true]) {
    const where = `${what}, ${dark ? 'dark' : 'light'}`;
    const picture = (name) => `${name.replaceAll(' ', '-')}-${what}-${dark ? 'dark' : 'light'}`;

    test(`sign-in is accessible (${where})`, async () => {
      const page = await open({ viewport, dark });
      await page.goto('/');
      await page.waitForSelector('form');
      await assertAccessible(page, `sign-in (${where})`);
      await shot(page, picture('sign-in'));
      await close(page);
    });

    for (const [name, { role, path, ready }] of Object.entries(PAGES)) {
      test(`${name} is accessible (${where})`, async () => {
        const page = await as(role, { viewport, dark });
        await page.goto(path);
        await settled(page);
        await ready?.(page);
        await settled(page);
        await shot(page, picture(name));
        await assertAccessible(page, `${name} (${where})`);
        if (viewport === PHONE) await assertTapTargets(page, `${name} (${where})`);
        assert.deepEqual(page.troubles, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
        await close(page);
      });
    }
  }
}

test('an error says what to do and is accessible', async () => {
  const page = await as('public_health');
  await page.route('**/api/v1/alerts?*', (route) => route.fulfill({ status: 503, body: '{}' }));
  await page.goto('/alerts');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await assertAccessible(page, 'alerts with an error');
  await page.unroute('**/api/v1/alerts?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await settled(page);
  await page.locator('.alert-row, .empty').first().waitFor();
  await close(page);
});

test('an alert is reached and acknowledged without a mouse', async () => {
  const page = await as('public_health');
  await page.goto('/alerts');
  await settled(page);
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement?.className),
    'skip',
    'the skip link comes first',
  );
  await page.keyboard.press('Enter');
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.classList.contains('alert-row'))) break;
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('.alert-page');
  const reached = async (test) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(test)) return true;
    }
    return false;
  };
  const onDecision = () => Boolean(document.activeElement?.closest('.actions'));
  if ((await page.locator('.actions button').count()) > 0)
    assert.ok(await reached(onDecision), 'the actions are reached');
  await close(page);
});
