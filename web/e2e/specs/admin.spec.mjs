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
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.locator('dialog [role=alert]').waitFor();
  // The time is written as the feed writes it.
  const old = await blamed.inputValue();
  await blamed.fill(old.includes('T') ? yesterday : yesterday.slice(0, 16).replace('T', ' '));
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
