import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

/** Open the first alert that can still be decided as asked; `null` when there is none. */
async function firstWith(page, action) {
  await page.goto('/alerts');
  await settled(page);
  const links = await page
    .locator('.alert-row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('href')));
  for (const link of links) {
    await page.goto(link);
    await page.waitForSelector('.alert-page');
    if ((await page.getByRole('button', { name: action, exact: true }).count()) > 0) return link;
  }
  return null;
}

test('an alert is read from what happened to how sure', async () => {
  const page = await as('public_health');
  assert.ok(await firstWith(page, 'Dismiss'), 'there is an alert');
  const text = await page.locator('.alert-page').innerText();
  const parts = ['What happened', 'Day by day', 'Where', 'How sure', 'What was done'];
  const at = parts.map((part) => text.indexOf(part));
  assert.ok(
    at.every((n) => n >= 0),
    String(at),
  );
  assert.deepEqual(
    at,
    [...at].sort((a, b) => a - b),
  );
  assert.match(text, /once in|less than once/, 'chance is said in time');
  assert.equal(await page.getByText(/^p [=<]/).isVisible(), false, 'p only on tap');
  await close(page);
});

test('an alert says how many of its overdoses several sources tell of, in numbers', async () => {
  const page = await as('public_health');
  const link = await firstWith(page, 'Dismiss');
  assert.ok(link, 'there is an alert');
  const of = await page.evaluate(async (path) => {
    const answer = await fetch(`/api/v1${path}`);
    return (await answer.json()).corroboration;
  }, link);
  if (of && of.told_by_two > 0 && of.overdoses > 1) {
    const said = await page.locator('.told').innerText();
    assert.ok(said.includes(`agree on ${of.told_by_two} of ${of.overdoses}`), said);
  }
  await close(page);
});

test('an alert is acknowledged and the decision stands in its history', async () => {
  const page = await as('public_health');
  assert.ok(await firstWith(page, 'Acknowledge'), 'there is an open alert');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('.state.acknowledged').waitFor();
  assert.match(await page.locator('.decisions').innerText(), /acknowledged/);
  await close(page);
});

test('two people at once: the later one is shown the new state and saves nothing', async () => {
  const first = await as('public_health');
  const second = await as('admin');
  const link = await firstWith(first, 'Investigate');
  assert.ok(link, 'there is an alert');
  await second.goto(link);
  await second.waitForSelector('.alert-page');
  // The second person's line is slow: what the live stream says is not heard in time.
  await second.route('**/api/v1/alerts/*', (route) =>
    route.request().method() === 'GET' ? route.abort() : route.continue(),
  );
  await first.getByRole('button', { name: 'Investigate' }).click();
  await first.locator('.state.investigating').waitFor();
  await second.getByRole('button', { name: 'Investigate' }).click();
  await second.getByText('Somebody changed this alert').waitFor();
  await second.unroute('**/api/v1/alerts/*');
  await close(first);
  await close(second);
});

test('dismissing needs a reason', async () => {
  const page = await as('public_health');
  assert.ok(await firstWith(page, 'Dismiss'), 'there is an alert');
  await page.getByRole('button', { name: 'Dismiss', exact: true }).click();
  const dialog = page.locator('dialog');
  await dialog.getByRole('button', { name: 'Dismiss' }).click();
  await dialog.getByText('Choose why').waitFor();
  await dialog.getByRole('radio', { name: 'Data problem' }).check();
  await dialog.getByRole('button', { name: 'Dismiss' }).click();
  await page.locator('.state.dismissed').waitFor();
  assert.match(await page.locator('.decisions').innerText(), /Data problem/);
  await page.getByRole('button', { name: 'Reopen' }).click();
  await page.locator('.state.open').waitFor();
  await close(page);
});

test('an analyst reads alerts and decides nothing', async () => {
  const page = await as('analyst');
  await page.goto('/alerts');
  await settled(page);
  await page.locator('.alert-row').first().click();
  await page.waitForSelector('.alert-page');
  assert.equal(await page.locator('.actions').count(), 0);
  assert.equal(await page.getByText('Line list').count(), 0);
  await close(page);
});

test('a line list says who else tells of an overdose, and a person parts and joins reports', async () => {
  const page = await as('public_health');
  await page.goto('/alerts');
  await settled(page);
  await page.locator('a[href^="/alerts/"]:not([href$=rules])').first().click();
  await page.locator('.alert-page').waitFor();
  const list = page.locator('section[aria-label="Line list"]');
  const boxes = list.locator('input[type=checkbox]');
  if ((await boxes.count()) >= 2) {
    await boxes.nth(0).check();
    assert.equal(await page.getByRole('button', { name: 'These are one overdose' }).count(), 0);
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'These are one overdose' }).click();
    await page.getByText('Counts follow within seconds').waitFor();
  }
  const several = list.getByRole('button', { name: 'several sources' });
  if ((await several.count()) > 0) {
    await several.first().click();
    const dialog = page.locator('dialog');
    await dialog.getByText('are taken for one overdose').waitFor();
    await dialog
      .getByRole('button', { name: /^Not the same/ })
      .first()
      .click();
    await dialog.waitFor({ state: 'detached' });
  }
  await close(page);
});
