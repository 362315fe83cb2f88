import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

test('public health reads what each rule costs, what it did and what it cannot see', async () => {
  const page = await as('public_health', { viewport: PHONE });
  await page.goto('/alerts');
  await settled(page);
  await page.getByRole('link', { name: 'Rules and what they cost' }).click();
  const rule = page.locator('li.card[data-rule=areas-alert]');
  await rule.waitFor();
  const text = await rule.innerText();
  assert.match(
    text,
    /When overdoses in any of \d+ count.* are above usual\. By chance about [\d.]+ a year in each/,
  );
  assert.match(
    text,
    /area-years before, judged anew, it would have spoken \d+ times?; chance alone: about [\d.]+/,
  );
  await rule.locator('summary').click();
  const rows = rule.locator('tbody tr');
  await rows.first().waitFor();
  assert.match(await rows.first().innerText(), /times? in \d+|nearly always|needs \d+ days/);
  assert.equal(await page.getByRole('button', { name: 'New rule' }).count(), 0, 'only an admin sets rules');
  await close(page);
});

test('an admin sets a rule in words, reads what it may cost, changes it and takes it away', async () => {
  const page = await as('admin');
  await page.goto('/alerts/rules');
  await settled(page);
  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.locator('dialog');
  const name = `Deaths ${Date.now()}`;
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('What is counted').selectOption('fatal_overdoses');
  await form.getByLabel(/False alerts a year in each area/).fill('0');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.locator('[role=alert]').waitFor();
  assert.match(await form.locator('[role=alert]').innerText(), /expected 0\.01 to 12/);
  await form.getByLabel(/False alerts a year in each area/).fill('0.5');
  assert.match(
    await form.locator('[role=status]').innerText(),
    /\d+ areas: by chance about [\d.]+ a year in all/,
  );
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'detached' });
  const rule = page.locator('li.card', { hasText: name });
  await rule.waitFor();
  assert.match(await rule.innerText(), /When fatal overdoses in any of \d+/);
  await rule.getByRole('button', { name: 'Switch off' }).click();
  await rule.getByText('switched off').waitFor();
  await rule.getByRole('button', { name: 'Remove' }).click();
  await rule.waitFor({ state: 'detached' });
  await close(page);
});

test('an area of one\u2019s choice is added and taken away by keyboard', async () => {
  const page = await as('admin');
  await page.goto('/alerts/rules?edit=new');
  await settled(page);
  const form = page.locator('dialog');
  await form.getByLabel('Where').selectOption('areas');
  const add = form.getByLabel('Add an area');
  const first = await add.locator('option').nth(1).getAttribute('value');
  await add.selectOption(first);
  const chip = form.locator('ul button');
  assert.equal(await chip.count(), 1);
  await chip.focus();
  await page.keyboard.press('Enter');
  assert.equal(await chip.count(), 0);
  await close(page);
});
