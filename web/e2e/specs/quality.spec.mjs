import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

test('public health reads what stands out about each source, and the figures behind it', async () => {
  const page = await as('public_health', { viewport: PHONE });
  await page.goto('/quality');
  await settled(page);
  const cards = page.locator('li.card[data-source]');
  await cards.first().waitFor();
  assert.ok((await cards.count()) > 1, 'every source has a card');
  assert.match(await cards.first().innerText(), /Quiet for|wait in quarantine|known for|late or later|Heard/);
  await cards.first().locator('summary').first().click();
  const table = page.getByRole('region', { name: 'Known' }).first();
  await table.waitFor();
  assert.match(await table.innerText(), /Outcome[\s\S]*(\d+ % of [\d,]+|none)/);
  assert.match(await page.url(), /source=/, 'an opened source can be shared');
  await page.getByRole('radio', { name: '7 days', exact: true }).first().check();
  await page.getByRole('columnheader', { name: 'Last 7 days' }).first().waitFor();
  await close(page);
});

test('an analyst sees no coordinates, and a page about each kind of feed', async () => {
  const page = await as('analyst');
  await page.goto('/quality');
  await settled(page);
  const guide = page.locator('details.guide', { hasText: 'medical examiner' });
  await guide.locator('summary').click();
  await guide.getByText('Lag and Backfill').waitFor();
  assert.match(await guide.innerText(), /pending becomes certified/);
  await close(page);
});

test('a group of rows is tried, fixed by one rule, and the rule is on record', async () => {
  const page = await as('admin');
  await page.goto('/admin');
  await settled(page);
  const groups = page.locator('article[data-group]');
  await groups.first().waitFor();
  const before = await groups.count();
  const group = groups.last();
  const id = await group.getAttribute('data-group');
  await group.getByRole('button', { name: /^Fix th/ }).click();
  const form = page.locator('dialog');
  await form.getByLabel(/^Do/).selectOption('not_ours');
  await form.getByRole('button', { name: 'Try it', exact: true }).click();
  await form.locator('[role=alert]').waitFor();
  assert.match(await form.locator('[role=alert]').innerText(), /say why the rows are not ours/);
  await form.getByLabel('Why', { exact: true }).fill('rows of an exercise');
  await form.getByRole('button', { name: 'Try it', exact: true }).click();
  await form.getByText(/set aside and counted/).waitFor();
  await form.getByRole('button', { name: /^Apply to/ }).click();
  await form.waitFor({ state: 'detached' });
  await page.locator(`article[data-group="${id}"]`).waitFor({ state: 'detached', timeout: 15_000 });
  assert.equal(await groups.count(), before - 1);
  const rules = page.locator('details', { hasText: /rules? (was|were) made/ });
  if ((await rules.getAttribute('open')) === null) await rules.locator('summary').click();
  assert.match(await rules.innerText(), /not ours: rows of an exercise/);
  await close(page);
});
