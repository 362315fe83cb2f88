import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, stop } from '../driver/browser.mjs';
import { prepareFeeds, sendEvent } from '../helpers/intake.mjs';
import { drawnCells, lookAt, mapDrawn } from '../helpers/map.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

async function map(path = '/map?days=28', options = {}) {
  const page = await as('public_health', options);
  await page.goto(path);
  await settled(page);
  await mapDrawn(page);
  return page;
}

/** Rows of the table as the service answers them, for the resolution that is shown. */
async function rows(page) {
  const caption = await page.locator('.cells caption').innerText();
  const resolution = Number(/(\d+)\s*$/.exec(caption)?.[1]);
  const answer = await page.waitForFunction(
    async ([r]) => {
      const view = new URLSearchParams(location.search);
      const days = Number(view.get('days') ?? 14);
      const zone = (await (await fetch('/api/v1/session')).json()).jurisdiction.zone;
      const to = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date());
      const from = new Date(Date.parse(`${to}T00:00:00Z`) - (days - 1) * 86_400_000)
        .toISOString()
        .slice(0, 10);
      return (await fetch(`/api/v1/cells?kind=overdose&from=${from}&to=${to}&resolution=${r}`)).json();
    },
    [resolution],
  );
  return { resolution, ...(await answer.jsonValue()) };
}

test('the map draws the hexagons of the table, with the same numbers', async () => {
  const page = await map();
  const drawn = await drawnCells(page);
  const { items } = await rows(page);
  const byCell = new Map(items.map((row) => [row.cell, row]));
  const cells = Object.keys(drawn);
  assert.ok(cells.length > 0, 'some hexagon is drawn');
  for (const cell of cells) {
    assert.ok(byCell.has(cell), `${cell} is drawn and stands in the table`);
    assert.equal(drawn[cell].observed, byCell.get(cell).observed, cell);
  }
  const first = await page.locator('.cells tbody tr').first().getAttribute('data-cell');
  assert.equal(first, items[0].cell, 'the table begins with the largest excess');
  assert.deepEqual(page.troubles, []);
  await close(page);
});

test('choosing a row shows the detail and marks the hexagon', async () => {
  const page = await map();
  await page.locator('.cells tbody .link').first().click();
  await page.locator('.cell-detail').getByText('Signals that touch it').waitFor();
  const cell = await page.locator('.cells tr.chosen').getAttribute('data-cell');
  assert.equal(new URL(page.url()).searchParams.get('cell'), cell, 'the choice is in the address');
  await mapDrawn(page);
  const marked = await page.evaluate(() =>
    window.__map.queryRenderedFeatures({ layers: ['chosen'] }).map((f) => f.properties.cell),
  );
  assert.ok(marked.includes(cell));
  await page.reload();
  await page.locator('.cell-detail').waitFor();
  await close(page);
});

test('every layer can be drawn', async () => {
  const page = await map();
  for (const layer of ['observed', 'forecast', 'hotspots', 'ratio']) {
    await page.locator('.map-list').getByLabel('Layer').selectOption(layer);
    await settled(page);
    await mapDrawn(page);
    await page.waitForFunction(() => window.__map.queryRenderedFeatures({ layers: ['hexagons'] }).length > 0);
    assert.ok((await page.locator('.cells tbody tr').count()) > 0, layer);
  }
  await page.locator('.map-list').getByLabel('Layer').selectOption('clusters');
  await mapDrawn(page);
  assert.equal(await page.evaluate(() => Boolean(window.__map.getLayer('hexagons'))), false);
  assert.deepEqual(page.troubles, []);
  await close(page);
});

test('hot spots are drawn as the table lists them, and one is said in a sentence', async () => {
  const page = await map('/map?layer=hotspots');
  const answer = await page.evaluate(async () => (await fetch('/api/v1/hotspots')).json());
  const told = answer.items.filter((row) => row.category !== null);
  assert.ok(told.length > 0, 'of some hexagon something can be said');
  const listed = await page.locator('.cells tbody tr').first().getAttribute('data-cell');
  assert.equal(listed, answer.items[0].cell, 'the table begins with the hottest');
  const drawn = await drawnCells(page);
  const byCell = new Map(answer.items.map((row) => [row.cell, row.category ?? 'too_few']));
  assert.ok(Object.keys(drawn).length > 0, 'some hexagon is drawn');
  for (const [cell, properties] of Object.entries(drawn))
    assert.equal(properties.category, byCell.get(cell), cell);
  await page.locator('.legend').getByText('new or growing').waitFor();
  await page.locator('.cells tbody .link').first().click();
  const said = page.locator('.cell-detail').getByRole('region', { name: 'Hot spot' }).locator('p').first();
  assert.match(await said.innerText(), /^(Hot|Not hot|Quieter|Too few)/);
  await settled(page);
  await mapDrawn(page);
  const marked = await page.evaluate(() =>
    window.__map.queryRenderedFeatures({ layers: ['chosen'] }).map((f) => f.properties.cell),
  );
  assert.ok(marked.includes(listed));
  assert.deepEqual(page.troubles, []);
  await close(page);
});

test('the window is moved from the keyboard and stands in the address', async () => {
  const page = await map();
  const slider = page.getByLabel('Last day of the window');
  await slider.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => new URLSearchParams(location.search).has('to'));
  await settled(page);
  await mapDrawn(page);
  await page.getByRole('button', { name: 'To the newest day' }).click();
  await page.waitForFunction(() => !new URLSearchParams(location.search).has('to'));
  assert.deepEqual(page.troubles, []);
  await close(page);
});

test('the table is sorted by the keyboard', async () => {
  const page = await map();
  await page.locator('th .sort', { hasText: 'Counted' }).focus();
  await page.keyboard.press('Enter');
  const counts = await page.locator('.cells tbody td:nth-child(2)').allInnerTexts();
  const numbers = counts.map(Number);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => b - a),
  );
  assert.equal(await page.locator('th[aria-sort=descending]').count(), 1);
  await close(page);
});

test('a new event is in the table and on the map within two seconds, without a reload', async () => {
  const page = await map();
  const start = await rows(page);
  const row = start.items.find((r) => r.observed > 0) ?? start.items[0];
  await lookAt(page, { lat: row.centre.lat, lon: row.centre.lon }, 11);
  await settled(page);
  const { items } = await rows(page);
  const target = items.find((r) => r.observed > 0) ?? items[0];
  await lookAt(page, { lat: target.centre.lat, lon: target.centre.lon }, 11);
  await settled(page);
  await page.evaluate(() => {
    window.notReloaded = true;
  });
  const cell = page.locator(`tr[data-cell="${target.cell}"] td:nth-child(2)`);
  const before = Number(await cell.innerText());
  await prepareFeeds();
  const sent = Date.now();
  await sendEvent({
    occurred_at: new Date(Date.now() - 60_000).toISOString(),
    latitude: target.centre.lat,
    longitude: target.centre.lon,
    precision: 'rooftop',
    outcome: 'nonfatal',
  });
  await page.waitForFunction(
    ([id, n]) => Number(document.querySelector(`tr[data-cell="${id}"] td:nth-child(2)`)?.textContent) === n,
    [target.cell, before + 1],
    { timeout: 5000, polling: 50 },
  );
  const took = Date.now() - sent;
  console.log(`    a new event was in the table after ${took} ms`);
  assert.ok(took <= 2000, `it took ${took} ms`);
  await page.waitForFunction(
    ([id, n]) =>
      window.__map
        .queryRenderedFeatures({ layers: ['hexagons'] })
        .some((f) => f.properties.cell === id && f.properties.observed === n),
    [target.cell, before + 1],
    { timeout: 5000, polling: 50 },
  );
  console.log(`    and on the map after ${Date.now() - sent} ms`);
  assert.equal(await page.evaluate(() => window.notReloaded), true);
  await close(page);
});

test('on a phone the map and the list take turns', async () => {
  const page = await map('/map', { viewport: PHONE });
  assert.equal(await page.locator('.cells').isVisible(), false);
  await page.getByRole('radio', { name: 'List' }).check();
  await page.locator('.cells').waitFor();
  await page.locator('.cells tbody .link').first().click();
  await page.locator('.cell-detail').waitFor();
  await close(page);
});
