// What the map draws, asked of the map itself through its test hook.

/** Wait until the map stands still with everything drawn, in hexagons of the table's size. */
export async function mapDrawn(page) {
  await page.waitForFunction(
    () => {
      const map = window.__map;
      if (!map?.loaded() || !map.areTilesLoaded() || map.getCanvas().clientHeight < 100) return false;
      if (document.querySelector('[aria-busy=true], .skeleton')) return false;
      const listed = document.querySelector('.cells tbody tr')?.getAttribute('data-cell');
      const hexagons = map.getLayer('hexagons') ? map.queryRenderedFeatures({ layers: ['hexagons'] }) : [];
      // The second digit of an H3 cell is its resolution.
      return !listed || hexagons.every((f) => f.properties.cell[1] === listed[1]);
    },
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
