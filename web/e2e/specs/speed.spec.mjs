// The figures a liaison's phone must hold: 150 ms, 1.6 Mbit/s, a quarter of the processor.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PHONE, stop } from '../driver/browser.mjs';
import { as, close, settled } from '../helpers/session.mjs';

after(stop);

const READABLE_WITHIN_MS = 2500;
const SHIFT_AT_MOST = 0.1;

test('the brief is readable in 2.5 s on a throttled phone, and stands still', async () => {
  const page = await as('liaison', { viewport: PHONE });
  await settled(page);
  const throttle = await page.context().newCDPSession(page);
  await throttle.send('Network.enable');
  await throttle.send('Network.setCacheDisabled', { cacheDisabled: true });
  await throttle.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: (1.6 * 1024 * 1024) / 8,
    uploadThroughput: (750 * 1024) / 8,
  });
  await throttle.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.addInitScript(() => {
    window.shift = 0;
    window.readableAt = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    new MutationObserver(() => {
      if (!window.readableAt && document.querySelector('.reason, .brief .empty'))
        window.readableAt = performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto('/brief');
  await page.waitForFunction(() => window.readableAt > 0, null, { timeout: 30_000 });
  await page.waitForTimeout(500);
  const { readableAt, shift, map } = await page.evaluate(() => ({
    readableAt: window.readableAt,
    shift: window.shift,
    map: performance.getEntriesByType('resource').some((r) => /engine|maplibre/.test(r.name)),
  }));
  console.log(`    readable after ${Math.round(readableAt)} ms, layout shift ${shift.toFixed(3)}`);
  assert.equal(map, false, 'the map is not loaded for the brief');
  assert.ok(shift <= SHIFT_AT_MOST, `the layout shifted by ${shift}`);
  assert.ok(readableAt <= READABLE_WITHIN_MS, `readable only after ${readableAt} ms`);
  await close(page);
});
