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

test('a feed is set up from a file of it, and the file read in', async () => {
  const page = await as('admin');
  await page.goto('/admin/feeds/new');
  await settled(page);
  const rows = Array.from(
    { length: 30 },
    (_, i) =>
      `C-${i},05/${String(i + 1).padStart(2, '0')}/2026 14:05,44.8${i + 10},-68.7${i + 10},Bangor,Non-fatal`,
  );
  const csv = `Case No,Date/Time,Lat,Long,City,Outcome\n${rows.join('\n')}\n`;
  await page.getByLabel('Short name of the feed').fill('county-fire');
  await page.getByLabel('File').setInputFiles({
    name: 'fire.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(csv),
  });
  await page.getByRole('button', { name: 'Guess the columns' }).click();
  const shown = page.locator('section[aria-label^="The first cases"] tbody tr');
  await shown.first().waitFor();
  assert.equal(await shown.count(), 20);
  const mapping = page.getByLabel('The mapping (TOML)');
  const good = await mapping.inputValue();
  await mapping.fill('colour = 3');
  await page.getByRole('button', { name: 'Save the mapping' }).click();
  await page.locator('[role=alert]').waitFor();
  await mapping.fill(good);
  await page.getByRole('button', { name: 'Save the mapping' }).click();
  await page.getByRole('button', { name: 'Read the file in' }).click();
  const told = await page.locator('p[role=status]', { hasText: 'rows read' }).textContent();
  assert.match(told ?? '', /30 rows read: 30 new/);
  await close(page);
});

test('an agreement with another jurisdiction is confirmed, ended, and another proposed', async () => {
  const page = await as('admin');
  await page.goto('/admin');
  await settled(page);
  const section = page.getByRole('region', { name: 'Linking with other jurisdictions' });
  // A service that holds one jurisdiction only has nobody to agree with.
  if ((await section.count()) > 0 && (await section.getByRole('button', { name: 'Agree' }).count()) > 0) {
    page.on('dialog', (dialog) => void dialog.accept());
    const card = section.locator('.card').first();
    await card.getByRole('button', { name: 'Agree' }).click();
    await card.getByText('in force', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'End it' }).click();
    await card.getByText('ended', { exact: true }).waitFor();
    assert.match(await card.innerText(), /Confirmed by .* Ended by /s);
    await section.getByLabel('What it rests on').fill('Memorandum of May');
    await section.getByRole('button', { name: 'Propose' }).click();
    await section.getByText('Memorandum of May').waitFor();
    assert.ok((await section.getByRole('button', { name: 'Take it back' }).count()) > 0);
  }
  await close(page);
});
