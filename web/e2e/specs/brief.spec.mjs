import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

async function brief(options = {}) {
  const page = await as('liaison', { viewport: PHONE, ...options });
  await page.goto('/brief');
  await settled(page);
  return page;
}

test('the whole answer stands above the fold of a phone', async () => {
  const page = await brief();
  const places = await page.locator('.places > li').count();
  assert.ok(places <= 3, 'at most three places');
  if (places === 0) assert.ok(await page.locator('.empty').isVisible());
  const bar = await page.locator('.bottom').boundingBox();
  for (const part of ['.brief-head', '.places, .empty', '.follow-ups > :first-child']) {
    const box = await page.locator(part).first().boundingBox();
    assert.ok(
      box && box.y + box.height <= bar.y,
      `${part} ends at ${box?.y + box?.height}, the bar begins at ${bar.y}`,
    );
  }
  await close(page);
});

/** A brief whose places are what `turn` makes of the first answer, whatever the service finds meanwhile. */
async function heldBrief() {
  const held = { told: undefined, turn: (places) => places };
  const page = await as('liaison', { viewport: PHONE });
  await page.route('**/api/v1/brief*', async (route) => {
    held.told ??= await (await route.fetch()).json();
    await route.fulfill({ json: { ...held.told, places: held.turn(held.told.places) } });
  });
  // Every time the stream comes back the page asks anew.
  await page.route('**/api/v1/stream', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: 'retry: 100\n\n' }),
  );
  await page.goto('/brief');
  await settled(page);
  return { page, held };
}

test('the reason of a place opens how we know it', async () => {
  const { page } = await heldBrief();
  if ((await page.locator('.reason').count()) > 0) {
    await page.locator('.reason').first().click();
    const sheet = page.locator('dialog');
    await sheet.getByText('Usual', { exact: true }).waitFor();
    assert.match(await sheet.innerText(), /Counted/);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('reason')), true);
  }
  await close(page);
});

test('a newer brief takes nothing from under the reader', async () => {
  const { page, held } = await heldBrief();
  if (held.told.places.length > 1) {
    const name = await page.locator('.places > li.open .name').innerText();
    const opens = page.locator('.places > li.open .reason');
    await opens.click();
    const sheet = page.locator('dialog');
    await sheet.getByText('Usual', { exact: true }).waitFor();
    held.turn = (places) => [...places].reverse();
    await page.waitForFunction((name) => document.querySelector('.places .name').textContent !== name, name);
    assert.equal(await page.locator('.places > li.open .name').innerText(), name, 'it stays open');
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    assert.equal(await opens.evaluate((reason) => reason === document.activeElement), true);

    await opens.click();
    held.turn = (places) => places.slice(1);
    await page.waitForFunction(
      (n) => document.querySelectorAll('.places > li').length < n,
      held.told.places.length,
    );
    assert.match(await sheet.innerText(), /Counted/, 'what is being read stays');
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main', 'the focus is not lost');
    assert.equal(await page.locator('.places > li.open').count(), 1, 'the next place stands open');
  }
  await close(page);
});

test('a place says how many of its overdoses several sources tell of', async () => {
  const page = await brief();
  const body = await page.evaluate(() => fetch('/api/v1/brief').then((answer) => answer.json()));
  const open = body.places[0];
  if (open?.corroboration) {
    const card = page.locator('.places > li').first();
    assert.match(await card.innerText(), /sources? (or more )?(agree|only)/);
    await card.locator('.reason').click();
    await page.locator('dialog').getByText('How many sources', { exact: true }).waitFor();
  }
  await close(page);
});

test('a visit is logged in a few taps and stands in the list', async () => {
  const page = await brief();
  await page.getByRole('button', { name: 'Log a visit' }).click();
  await page.getByRole('radio', { name: 'Survivor' }).check();
  await page.getByRole('button', { name: 'One kit more' }).click();
  await page.getByRole('button', { name: 'One kit more' }).click();
  await page.getByRole('button', { name: 'Save the visit' }).click();
  await page.getByText('Visit saved.').waitFor();
  await page.goto('/visits');
  await settled(page);
  assert.match(await page.locator('tbody tr').first().innerText(), /survivor/);
  await close(page);
});

test('a visit logged without a line is sent once when the line is back', async () => {
  const page = await brief();
  const keys = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/encounters'))
      keys.push(request.headers()['idempotency-key']);
  });
  await page.getByRole('button', { name: 'Log a visit' }).click();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Save the visit' }).click();
  await page.locator('.outbox').getByText('waits to be sent').waitFor();
  await page.context().setOffline(false);
  await page.locator('.outbox').waitFor({ state: 'detached' });
  assert.ok(keys.length >= 2, 'it was tried again');
  assert.equal(new Set(keys).size, 1, 'every try carried the same key');
  await close(page);
});

test('"not now" moves a place to the end and can be undone', async () => {
  const page = await brief();
  if ((await page.locator('.places > li').count()) > 1) {
    const first = await page.locator('.places .name').first().innerText();
    await page.getByRole('button', { name: /Not now/ }).click();
    await page.getByRole('button', { name: 'No time in this shift' }).click();
    assert.equal(await page.locator('.places .name').last().innerText(), first);
    await page.locator('.place-head').last().click();
    await page.getByRole('button', { name: 'Put it back' }).click();
    assert.equal(await page.locator('.places .name').first().innerText(), first);
  }
  await close(page);
});

test('the brief opens again without a line and says when it was loaded', async () => {
  const page = await brief({ worker: true });
  await page.evaluate(() => navigator.serviceWorker.ready);
  // The worker keeps the page once it is in charge of it.
  await page.reload();
  await settled(page);
  const before = await page.locator('.brief-head h1').innerText();
  await page.context().setOffline(true);
  await page.reload();
  await page.getByText('Not connected. This brief was loaded').waitFor();
  assert.equal(await page.locator('.brief-head h1').innerText(), before);
  await page.context().setOffline(false);
  await page.reload();
  await settled(page);
  await page.click('.account');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForSelector('input[name=login]');
  assert.equal(await page.evaluate(() => localStorage.getItem('brief')), null, 'signing out wipes it');
  await close(page);
});
