import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

test('a row that could not be read is mended and accepted', async () => {
  const page = await as('admin');
  await page.goto('/admin');
  await settled(page);
  const rows = page.locator('li.card', { has: page.getByRole('button', { name: 'Mend' }) });
  const row = rows.filter({ hasText: /time/i }).first();
  assert.ok((await row.count()) > 0, 'a row with an unreadable time waits');
  const before = await rows.count();
  await row.getByRole('button', { name: 'Mend' }).click();
  const blamed = page.locator('dialog .blamed input');
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.locator('dialog [role=alert]').waitFor();
  // A time that the feed could have written: a day before it sent the row.
  const received = page.locator('dialog input[name=received_at]');
  const sent = (await received.count()) > 0 ? Date.parse(await received.inputValue()) : Date.now();
  const time = new Date(sent - 86_400_000).toISOString();
  await blamed.fill((await blamed.inputValue()).includes('T') ? time : time.slice(0, 19).replace('T', ' '));
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction((n) => [...document.querySelectorAll('li.card')].length < n, before);
  await close(page);
});

test('every source is listed with how fresh it is', async () => {
  const page = await as('admin');
  await page.goto('/admin');
  await settled(page);
  assert.ok((await page.locator('section[aria-label=Sources] tbody tr').count()) > 0);
  await close(page);
});
