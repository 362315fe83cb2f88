// The cluster's outline as a small drawing: readable at once, without loading the map.
import type { Alert } from '../api/types';
import { useResource } from '../state/resource';
import { outlinePath } from './outline-path';

interface Feature {
  properties: Record<string, unknown>;
  geometry: { type: 'Polygon' | 'MultiPolygon'; coordinates: unknown } | null;
}

export function Outline({ alert }: { alert: Alert }) {
  const { data } = useResource<{ features: Feature[] }>(alert.cells.length > 0 ? '/clusters.geojson' : null, [
    'alerts',
  ]);
  const feature = data?.features.find((f) => f.properties.alert === alert.id || f.properties.id === alert.id);
  if (!feature?.geometry) return null;
  const polygons = (
    feature.geometry.type === 'Polygon' ? [feature.geometry.coordinates] : feature.geometry.coordinates
  ) as number[][][][];
  const path = outlinePath(polygons, 120);
  if (!path) return null;
  return (
    <svg class={`outline ${alert.tier}`} viewBox="0 0 120 120" width="120" height="120" aria-hidden="true">
      <path d={path} fill-rule="evenodd" />
    </svg>
  );
}
