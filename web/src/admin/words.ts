// Groups of rows, and what mends them, in the reader's language.
import type { Mend, RejectGroup } from '../api/quality-types';
import { type Key, t, tWord } from '../i18n';

/** "The time lies ahead of its receipt by up to 1 year: 2027 for 2026?"; else the service's own sentence. */
export function groupSentence(group: Pick<RejectGroup, 'pattern' | 'field' | 'sentence' | 'value'>): string {
  const ahead = /^ahead by (?:up to (\d+) years?|(hours|days))$/.exec(group.pattern);
  if (!ahead) return group.sentence;
  const field = group.field ?? '';
  if (ahead[2]) return t(`admin.ahead.${ahead[2]}` as Key, { field });
  const years = Number(ahead[1]);
  const year = /(?:^|\D)(20\d\d)(?:\D|$)/.exec(group.value)?.[1];
  const guess = year ? ` ${t('admin.ahead.guess', { year, instead: Number(year) - years })}` : '';
  return t('admin.ahead.years', { n: years, field }) + guess;
}

export function mendText(mend: Mend): string {
  switch (mend.do) {
    case 'set':
      return t('admin.mends.set.says', { column: mend.column, value: mend.value });
    case 'replace':
      return t('admin.mends.replace.says', { column: mend.column, find: mend.find, with: mend.with });
    case 'shift_time': {
      const parts = (['years', 'days', 'hours'] as const).flatMap((unit) => {
        const n = mend[unit] ?? 0;
        return n === 0 ? [] : [`${n > 0 ? '+' : '−'}${t(`admin.mends.by.${unit}`, { n: Math.abs(n) })}`];
      });
      return t('admin.mends.shift_time.says', { column: mend.column, by: parts.join(', ') });
    }
    case 'swap':
      return t('admin.mends.swap.says', { first: mend.first, second: mend.second });
    case 'map_codes': {
      const codes = Object.entries(mend.codes).map(([code, meaning]) => `${code} → ${meaning}`);
      return t('admin.mends.map_codes.says', { column: mend.column, codes: codes.join(', ') });
    }
    case 'not_ours':
      return t('admin.mends.not_ours.says', { why: mend.why });
    default:
      return tWord('admin.mends', mend.do);
  }
}

/** The first mend to look at: what the service suggests, else what fits the reason. */
export function firstMends(group: RejectGroup): Mend[] {
  if (group.suggested.length > 0) return group.suggested;
  const column = group.field ?? Object.keys(group.example.row)[0] ?? '';
  switch (group.reason) {
    case 'future_time':
      return [{ do: 'shift_time', column, hours: -1 }];
    case 'unknown_value':
      return [{ do: 'map_codes', column, codes: { [group.value]: '' } }];
    case 'malformed':
    case 'encoding':
    case 'too_long':
      return [{ do: 'not_ours', why: '' }];
    default:
      return [{ do: 'set', column, value: '' }];
  }
}
