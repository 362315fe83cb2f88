// The question that the trends page asks, as it stands in the address, and its paths in the API.
import { withQuery } from '../api/client';
import type { EventKind } from '../api/types';
import { addDays } from '../i18n/format';
import { type Level, usualLevel } from '../ui/areas';

export interface Question {
  kind: EventKind;
  by: 'area' | 'kind' | 'source' | 'outcome';
  level: Level;
  bucket: 'day' | 'week' | 'month';
  measure: 'count' | 'rate';
  from: string;
  to: string;
  areas: string[];
}

const one = <T extends string>(text: string | null, known: readonly T[], otherwise: T): T =>
  known.includes(text as T) ? (text as T) : otherwise;

const ISO = /^\d{4}-\d{2}-\d{2}$/;

export function readQuestion(
  query: URLSearchParams,
  newest: string,
  levels: readonly Level[] = ['state', 'county', 'town'],
): Question {
  const date = (key: string, otherwise: string) => {
    const text = query.get(key);
    return text && ISO.test(text) ? text : otherwise;
  };
  const to = date('to', newest);
  return {
    kind: one(query.get('kind'), ['overdose', 'naloxone', 'outreach'], 'overdose'),
    by: one(query.get('by'), ['area', 'kind', 'source', 'outcome'], 'area'),
    level: one(query.get('level'), levels, usualLevel(levels)),
    bucket: one(query.get('bucket'), ['day', 'week', 'month'], 'week'),
    measure: one(query.get('measure'), ['count', 'rate'], 'count'),
    from: date('from', addDays(to, -181)),
    to,
    areas: (query.get('areas') ?? '').split(',').filter((id) => id !== ''),
  };
}

export function pathOf(q: Question, format: 'json' | 'csv'): string {
  return withQuery('/trends', {
    kind: q.kind,
    by: q.by,
    level: q.level,
    bucket: q.bucket,
    from: q.from,
    to: q.to,
    areas: q.areas,
    measure: q.measure,
    format,
  });
}
