// Which numbers of an answer are drawn and listed.
import type { Nowcast, TrendSeries, Trends } from '../api/types';

export const MOST_LINES = 4;

/** The numbers of a series in the measure asked for. */
export function valuesOf(series: TrendSeries, measure: 'count' | 'rate'): (number | null)[] {
  return measure === 'rate' ? (series.rate ?? series.values.map(() => null)) : series.values;
}

const total = (series: TrendSeries): number => series.values.reduce<number>((sum, v) => sum + (v ?? 0), 0);

/** At most four lines can be told apart: those chosen, else the largest, in a steady order. */
export function chosenSeries(trends: Trends, areas: readonly string[]): TrendSeries[] {
  const wanted = trends.series.filter((s) => areas.includes(s.id));
  if (wanted.length > 0) return wanted.slice(0, MOST_LINES);
  return [...trends.series]
    .sort((a, b) => total(b) - total(a) || a.id.localeCompare(b.id))
    .slice(0, MOST_LINES);
}

/** What a recent value comes to when all reports are in, in the measure asked for. */
export function nowcastOf(series: TrendSeries, i: number, measure: 'count' | 'rate'): Nowcast | null {
  const late = series.nowcast?.[i];
  if (!late || measure === 'count') return late ?? null;
  const [count, rate] = [series.values[i], series.rate?.[i]];
  if (!count || typeof rate !== 'number') return null;
  const scale = rate / count;
  return {
    ...late,
    expected: late.expected * scale,
    lo50: late.lo50 * scale,
    hi50: late.hi50 * scale,
    lo: late.lo * scale,
    hi: late.hi * scale,
  };
}

/** Lower and upper end of a rate's interval, where the service gave one. */
export function intervalOf(series: TrendSeries, i: number): [number, number] | null {
  const lo = series.rate_lo?.[i];
  const hi = series.rate_hi?.[i];
  return typeof lo === 'number' && typeof hi === 'number' ? [lo, hi] : null;
}
