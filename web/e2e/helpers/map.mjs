// What the map draws, asked of the map itself through its test hook.

/** Wait until the map stands still with everything drawn. */
export async function mapDrawn(page) {
  await page.waitForFunction(
    () =>
      window.__map?.loaded() && window.__map.areTilesLoaded() && window.__map.getCanvas().clientHeight > 100,
    null,
    { timeout: 30_000 },
  );
}

/** The distinct hexagons on the screen, by cell, with their properties. */
export async function drawnCells(page) {
  return page.evaluate(() => {
    const features = window.__map.queryRenderedFeatures({ layers: ['hexagons'] });
    return Object.fromEntries(features.map((f) => [f.properties.cell, f.properties]));
  });
}

/** Put the middle of the map over a place and wait until it is drawn. */
export async function lookAt(page, { lat, lon }, zoom) {
  await page.evaluate(([x, y, z]) => window.__map.jumpTo({ center: [x, y], zoom: z }), [lon, lat, zoom]);
  await mapDrawn(page);
}
