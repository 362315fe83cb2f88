// Accessibility by axe-core: WCAG 2.2 A and AA with best practices, contrast included.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function assertAccessible(page, what) {
  await page.evaluate(SOURCE);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`);
  });
  assert.deepEqual(violations, [], `${what} is not accessible`);
}

/** Everything that can be tapped on a phone is at least 44 px high or wide enough around its middle. */
export async function assertTapTargets(page, what) {
  const small = await page.evaluate(() => {
    const shown = [
      ...document.querySelectorAll(
        'button, a.button, .bottom > *, .choice, select, summary, input[type=text]',
      ),
    ];
    return shown
      .filter((e) => !e.closest('.maplibregl-map') && !e.matches('.link'))
      .map((e) => ({ name: e.textContent?.trim().slice(0, 30), box: e.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && box.height > 0 && box.height < 44)
      .map(({ name, box }) => `${name} (${Math.round(box.width)}×${Math.round(box.height)})`);
  });
  assert.deepEqual(small, [], `${what} has small targets`);
}
