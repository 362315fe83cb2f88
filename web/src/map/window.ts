// The window of days that the map, the table and the legend speak of, read from the address.
import type { EventKind } from '../api/types';
import { addDays, daysBetween, today } from '../i18n/format';
import { LAYERS, type Layer } from './classes';

export const LENGTHS = [1, 3, 7, 14, 28, 90] as const;
export const HISTORY_DAYS = 90;
const DEFAULT_LENGTH = 14;
const ISO = /^\d{4}-\d{2}-\d{2}$/;

export interface View {
  layer: Layer;
  kind: EventKind;
  from: string;
  to: string;
  /** The window ends on the newest day and moves with it. */
  follows: boolean;
  clusters: boolean;
  cell: string | null;
}

/**
 * The newest day there can be data of: today, unless the data end long before (a replay of past years).
 */
export function newestDay(asOf: string | null, now = today()): string {
  if (asOf === null) return now;
  const behind = daysBetween(asOf, now);
  return behind >= 0 && behind <= 3 ? now : asOf;
}

export function readView(query: URLSearchParams, newest: string): View {
  const layer = query.get('layer');
  const kind = query.get('kind');
  const askedTo = query.get('to');
  const askedFrom = query.get('from');
  const to = askedTo && ISO.test(askedTo) ? askedTo : newest;
  const length = Number(query.get('days'));
  const byLength = addDays(to, 1 - (LENGTHS.includes(length as 1) ? length : DEFAULT_LENGTH));
  const from = askedFrom && ISO.test(askedFrom) && askedFrom <= to ? askedFrom : byLength;
  return {
    layer: LAYERS.find((known): known is Layer => known === layer) ?? 'ratio',
    kind: kind === 'naloxone' || kind === 'outreach' ? kind : 'overdose',
    from,
    to,
    follows: !askedTo,
    clusters: query.get('clusters') !== '0',
    cell: query.get('cell'),
  };
}

export const lengthOf = (view: Pick<View, 'from' | 'to'>): number => daysBetween(view.from, view.to) + 1;
