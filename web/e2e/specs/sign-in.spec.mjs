import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, PHONE, stop } from '../driver/browser.mjs';
import { as, close, logins, settled } from '../helpers/session.mjs';

after(stop);

const HOMES = { liaison: '/brief', public_health: '/alerts', analyst: '/trends', admin: '/alerts' };

for (const [role, home] of Object.entries(HOMES)) {
  test(`${role} signs in and lands on ${home}`, async () => {
    const page = await as(role);
    await page.waitForURL((url) => url.pathname === home);
    await settled(page);
    assert.deepEqual(page.troubles, []);
    await close(page);
  });
}

test('an unknown login and a wrong password are answered the same', async () => {
  const page = await open();
  const say = async (login) => {
    await page.goto('/');
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', 'not the password');
    await page.click('button[type=submit]');
    return page.locator('[role=alert]').innerText();
  };
  assert.equal(await say('nobody-of-that-name'), await say(logins().analyst.login));
  await close(page);
});

test('signing out leaves nothing to go back to', async () => {
  const page = await as('public_health');
  await page.click('.account');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('input[name=login]');
  await page.goBack().catch(() => undefined);
  await page.goto('/alerts');
  await page.waitForSelector('input[name=login]');
  await close(page);
});

test('an analyst is not offered what an analyst may not do', async () => {
  const page = await as('analyst', { viewport: PHONE });
  assert.equal(await page.getByRole('button', { name: 'Log a visit' }).count(), 0);
  await page.goto('/admin');
  await page.getByText('There is no such page').waitFor();
  await close(page);
});

test('the pages speak Spanish to a Spanish browser', async () => {
  const page = await open({ language: 'es-US' });
  await page.goto('/');
  await page.getByRole('button', { name: 'Iniciar sesión' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'es');
  await close(page);
});
