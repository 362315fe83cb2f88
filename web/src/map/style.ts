// What is drawn, as MapLibre layers: hexagons, hatching, clusters, boundaries, the chosen hexagon. Layers
// only; where the tiles come from is in `sources`, how they are kept alive in `engine`.
import type { AddLayerObject, StyleSpecification } from 'maplibre-gl';
import { classesOf, LITTLE, PROPERTY, stepExpression } from './classes';
import { matchExpression, TOO_FEW } from './hotspots';
import type { View } from './window';

export interface Scene extends View {
  dark: boolean;
  resolution: number;
  /** Raised when something live changed, so that tiles are asked for again. */
  revision: number;
}

export const HATCH = 'hatch';

export function tilesOf(
  scene: Scene,
): Record<'cells' | 'forecast' | 'hotspots' | 'clusters' | 'areas', string> {
  const base = `${window.location.origin}/tiles`;
  const place = '{z}/{x}/{y}';
  const cells = new URLSearchParams({
    kind: scene.kind,
    from: scene.from,
    to: scene.to,
    resolution: String(scene.resolution),
  });
  const live = `v=${scene.revision}`;
  return {
    cells: `${base}/cells/${place}?${cells}&${live}`,
    forecast: `${base}/forecast/${place}?kind=${scene.kind}&days=7&${live}`,
    hotspots: `${base}/hotspots/${place}?${live}`,
    clusters: `${base}/clusters/${place}?${live}`,
    areas: `${base}/areas/${place}`,
  };
}

export function styleOf(scene: Scene): StyleSpecification {
  const tiles = tilesOf(scene);
  const source = (url: string) => ({ type: 'vector' as const, tiles: [url], minzoom: 3, maxzoom: 14 });
  return {
    version: 8,
    sources: {
      areas: { ...source(tiles.areas), maxzoom: 10 },
      cells: source(tiles.cells),
      forecast: source(tiles.forecast),
      hotspots: source(tiles.hotspots),
      clusters: source(tiles.clusters),
    },
    layers: layersOf(scene) as StyleSpecification['layers'],
    transition: { duration: 0, delay: 0 },
  };
}

export function layersOf(scene: Scene): AddLayerObject[] {
  const tone = scene.dark ? DARK : LIGHT;
  const layers: AddLayerObject[] = [
    { id: 'background', type: 'background', paint: { 'background-color': tone.water } },
    {
      id: 'land',
      type: 'fill',
      source: 'areas',
      'source-layer': 'areas',
      paint: { 'fill-color': tone.land },
    },
    ...hexagons(scene),
    {
      id: 'towns',
      type: 'line',
      source: 'areas',
      'source-layer': 'areas',
      minzoom: 8.5,
      filter: ['match', ['get', 'kind'], ['town', 'zip'], true, false],
      paint: { 'line-color': tone.line, 'line-width': 0.6 },
    },
    {
      id: 'counties',
      type: 'line',
      source: 'areas',
      'source-layer': 'areas',
      filter: ['match', ['get', 'kind'], ['county', 'state', 'other'], true, false],
      paint: { 'line-color': tone.line, 'line-width': ['match', ['get', 'kind'], 'state', 1.8, 1] },
    },
  ];
  if (scene.clusters || scene.layer === 'clusters') layers.push(...clusters(tone.cluster));
  layers.push({
    id: 'chosen',
    type: 'line',
    source: sourceOf(scene),
    'source-layer': sourceOf(scene),
    filter: ['==', ['get', 'cell'], scene.cell ?? ''],
    paint: { 'line-color': tone.focus, 'line-width': 3.5 },
  });
  return layers;
}

function hexagons(scene: Scene): AddLayerObject[] {
  if (scene.layer === 'clusters') return [];
  const source = sourceOf(scene);
  const at = { source, 'source-layer': source } as const;
  const colour = (
    scene.layer === 'hotspots'
      ? matchExpression(scene.dark)
      : stepExpression(PROPERTY[scene.layer], classesOf(scene.layer, scene.dark))
  ) as never;
  // A hexagon where nothing was reported is blank when we count, and told apart when we compare.
  const filter = (scene.layer === 'observed' ? ['>', ['get', 'observed'], 0] : ['has', 'cell']) as never;
  const layers: AddLayerObject[] = [
    { id: 'hexagons', type: 'fill', ...at, filter, paint: { 'fill-color': colour, 'fill-opacity': 0.86 } },
    {
      // Far out a hexagon is smaller than a pixel: its own colour as an edge keeps it visible; close up the
      // edge becomes a hairline between neighbours.
      id: 'hexagon-edges',
      type: 'line',
      ...at,
      filter,
      paint: {
        'line-color': ['step', ['zoom'], colour, 11, scene.dark ? '#14110F' : '#FFFFFF'],
        'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1.6, 10, 0.8, 11, 0.6],
        'line-opacity': ['step', ['zoom'], 0.86, 11, 0.5],
      },
    },
  ];
  if (scene.layer === 'ratio' || scene.layer === 'hotspots') {
    layers.push({
      id: 'hexagons-little',
      type: 'fill',
      ...at,
      minzoom: 6,
      filter: (scene.layer === 'hotspots'
        ? ['==', ['get', 'category'], TOO_FEW]
        : LITTLE_TO_COMPARE) as never,
      paint: { 'fill-pattern': HATCH },
    });
  }
  return layers;
}

const LITTLE_TO_COMPARE = [
  'all',
  ['<', ['to-number', ['get', 'expected'], 0], LITTLE.expectedBelow],
  ['<', ['to-number', ['get', 'observed'], 0], LITTLE.observedBelow],
];

/** Where the hexagons of a layer come from. */
const sourceOf = ({ layer }: Scene): 'forecast' | 'hotspots' | 'cells' =>
  layer === 'forecast' || layer === 'hotspots' ? layer : 'cells';

/** Solid outline: alert. Dashed: watch. */
function clusters(colour: string): AddLayerObject[] {
  const at = { source: 'clusters', 'source-layer': 'clusters' } as const;
  return [
    { id: 'clusters-hit', type: 'fill', ...at, paint: { 'fill-color': colour, 'fill-opacity': 0.07 } },
    {
      id: 'clusters-alert',
      type: 'line',
      ...at,
      filter: ['==', ['get', 'tier'], 'alert'],
      paint: { 'line-color': colour, 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1, 10, 2.5] },
    },
    {
      id: 'clusters-watch',
      type: 'line',
      ...at,
      filter: ['!=', ['get', 'tier'], 'alert'],
      paint: {
        'line-color': colour,
        'line-width': ['interpolate', ['linear'], ['zoom'], 6, 1, 10, 2],
        'line-dasharray': [3, 2],
      },
    },
  ];
}

const LIGHT = { water: '#E9EEF0', land: '#FAF8F5', line: '#8C857C', cluster: '#1C1917', focus: '#1D4ED8' };
const DARK = { water: '#0C0E10', land: '#1E1A17', line: '#7A7067', cluster: '#F5F0EA', focus: '#8AB4FF' };
