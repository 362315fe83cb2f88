// Longitudes and latitudes to an SVG path in a square, keeping true proportions at the shape's latitude.

const MARGIN = 8;

export function outlinePath(polygons: readonly number[][][][], size: number): string | null {
  const rings = polygons.flat();
  const points = rings.flat();
  if (points.length === 0) return null;
  const lons = points.map((p) => p[0] ?? 0);
  const lats = points.map((p) => p[1] ?? 0);
  const [west, east, south, north] = [
    Math.min(...lons),
    Math.max(...lons),
    Math.min(...lats),
    Math.max(...lats),
  ];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const wide = Math.max((east - west) * squeeze, 1e-9);
  const tall = Math.max(north - south, 1e-9);
  const scale = (size - 2 * MARGIN) / Math.max(wide, tall);
  const left = (size - wide * scale) / 2;
  const top = (size - tall * scale) / 2;
  const place = (p: number[]) =>
    `${(left + ((p[0] ?? 0) - west) * squeeze * scale).toFixed(1)} ${(top + (north - (p[1] ?? 0)) * scale).toFixed(1)}`;
  return rings.map((ring) => `M${ring.map(place).join('L')}Z`).join('');
}
