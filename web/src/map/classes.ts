// The classes of the map: where the limits are, what they are called and how they are coloured. The
// drawing and the legend both read this file, so they cannot disagree. One hue family, even in lightness;
// below expected is teal. On dark screens the ramp is reversed, so that more is brighter.
import { number, percent } from '../i18n/format';

export type Layer = 'observed' | 'ratio' | 'forecast' | 'hotspots' | 'clusters';
export const LAYERS: readonly Layer[] = ['ratio', 'observed', 'forecast', 'hotspots', 'clusters'];

export const HEAT = ['#FFF4D6', '#F9D98B', '#F2B04D', '#E07A35', '#B8492B', '#7A2A20', '#3D1512'] as const;
export const TEAL = { light: '#9CCDD2', dark: '#2F6F77' } as const;
export const NEUTRAL = { light: '#DDD4C8', dark: '#51483F' } as const;

export interface MapClass {
  /** The class holds values from here (included) … */
  from: number;
  /** … to here (excluded); `null` is open. */
  to: number | null;
  colour: string;
}

const OBSERVED = [1, 2, 3, 5, 8, 12, 20];
const FORECAST = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7];
const RATIO = [1.25, 2, 3, 5, 8];

export function classesOf(layer: Layer, dark: boolean): MapClass[] {
  const ramp = dark ? [...HEAT].reverse() : [...HEAT];
  // Hot spots have categories, not limits: see `hotspots.ts`.
  if (layer === 'clusters' || layer === 'hotspots') return [];
  if (layer === 'observed') return steps(OBSERVED, ramp);
  if (layer === 'forecast') return steps(FORECAST, ramp);
  const tone = dark ? 'dark' : 'light';
  const heat = ramp.slice(1, 6);
  return [
    { from: 0, to: 0.8, colour: TEAL[tone] },
    { from: 0.8, to: 1.25, colour: NEUTRAL[tone] },
    ...steps(RATIO, heat),
  ];
}

function steps(limits: readonly number[], colours: readonly string[]): MapClass[] {
  return limits.map((from, i) => ({ from, to: limits[i + 1] ?? null, colour: colours[i] ?? '#000000' }));
}

/** What a class is called in the legend, with the unit said in the legend's title. */
export function labelOf(layer: Layer, { from, to }: MapClass): string {
  if (layer === 'forecast')
    return to === null ? `≥ ${percent(from)}` : `${number(from * 100)}–${percent(to)}`;
  if (layer === 'observed') {
    if (to === null) return `≥ ${number(from)}`;
    return to - from === 1 ? number(from) : `${number(from)}–${number(to - 1)}`;
  }
  const digits = (value: number) =>
    number(value, Number.isInteger(value) ? 0 : value * 10 === Math.round(value * 10) ? 1 : 2);
  if (to === null) return `≥ ${digits(from)}×`;
  return from === 0 ? `< ${digits(to)}×` : `${digits(from)}–${digits(to)}×`;
}

/** The tile property that a layer colours by. */
export const PROPERTY = { observed: 'observed', ratio: 'ratio', forecast: 'p' } as const;

/** A ratio is not defined where nothing is usual; what was seen there stands in the highest class. */
const NOTHING_USUAL = 1e6;

/** A MapLibre `step` expression over the classes. */
export function stepExpression(property: string, classes: readonly MapClass[]): unknown[] {
  const otherwise = property === 'ratio' ? NOTHING_USUAL : 0;
  const [first, ...rest] = classes;
  return [
    'step',
    ['coalesce', ['get', property], otherwise],
    first?.colour ?? '#000000',
    ...rest.flatMap((c) => [c.from, c.colour]),
  ];
}

/**
 * Where a ratio says little: fewer than half an event was usual and fewer than three were counted. Such
 * hexagons are hatched, because uncertainty is never shown by hue.
 */
export const LITTLE = { expectedBelow: 0.5, observedBelow: 3 } as const;

/** Hexagons of about ten pixels or more at a zoom; the finest are those that everybody may see. */
export function resolutionAt(zoom: number): number {
  if (zoom < 7) return 5;
  if (zoom < 8.3) return 6;
  return zoom < 9.6 ? 7 : 8;
}
