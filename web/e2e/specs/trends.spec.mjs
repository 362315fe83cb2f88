import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

test('the question, the chart and the table say the same', async () => {
  const page = await as('analyst');
  await page.goto('/trends');
  await settled(page);
  assert.match(await page.locator('.question').innerText(), /^Overdoses by county, per week/);
  assert.ok((await page.locator('figure path.line').count()) > 0);
  const chart = page.locator('figure svg').first();
  await chart.focus();
  await page.keyboard.press('End');
  const reading = await page.locator('figcaption').innerText();
  const newest = await page
    .locator('.trend-table tbody tr')
    .first()
    .locator('th')
    .innerText()
    .then((text) => text.replace(' *', ''));
  assert.ok(reading.startsWith(newest), `${reading} begins with ${newest}`);
  await close(page);
});

test('the choice of measure and bucket stands in the address and comes back', async () => {
  const page = await as('analyst');
  await page.goto('/trends');
  await settled(page);
  await page.getByLabel('Measure').selectOption('rate');
  await page.getByRole('combobox', { name: 'Per', exact: true }).selectOption('month');
  await page.reload();
  await settled(page);
  assert.match(await page.locator('.question').innerText(), /per 100,000 residents a year.*per month/);
  assert.deepEqual(page.troubles, []);
  await close(page);
});

test('the CSV has the promised header and no formula', async () => {
  const page = await as('analyst');
  await page.goto('/trends');
  await settled(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split(/\r?\n/);
  assert.equal(
    lines[0],
    'series_id,series,from,to,count,rate_per_100k,rate_lower,rate_upper,nowcast,nowcast_lower,nowcast_upper',
  );
  assert.ok(lines.length > 1);
  for (const line of lines) assert.doesNotMatch(line, /(^|,)"?[=+@]/);
  await close(page);
});

test('the state composite counts every overdose once, by how it became known', async () => {
  const page = await as('analyst');
  await page.goto('/trends');
  await settled(page);
  const table = page.locator('section[aria-label^="Every overdose once"]');
  await table.waitFor();
  const rows = table.locator('tbody tr');
  assert.ok((await rows.count()) > 0);
  const numbers = (await rows.first().locator('td').allTextContents()).map((text) =>
    Number.parseInt(text, 10),
  );
  const [total, reports] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
  assert.ok(reports >= total && total > 0, `${reports} reports of ${total} overdoses`);
  await close(page);
});
