// What stands out about a source, in the reader's language.
import type { SourceQuality } from '../api/quality-types';
import { t, tWord } from '../i18n';
import { number, percent } from '../i18n/format';

/** "40 min", "31 h", "9 days". */
export function lasting(hours: number | null): string {
  if (hours === null) return '–';
  if (hours < 1) return t('quality.minutes', { n: Math.max(1, Math.round(hours * 60)) });
  if (hours < 72) return t('quality.hours', { n: Math.round(hours) });
  return t('quality.days', { n: Math.round(hours / 24) });
}

export function sourceSentence(q: SourceQuality): string {
  const usually =
    q.rhythm.usual_gap_hours === null ? '' : t('quality.usually', { gap: lasting(q.rhythm.usual_gap_hours) });
  const quiet = lasting(q.rhythm.quiet_hours);
  switch (q.standing) {
    case 'silent':
      return q.rhythm.quiet_hours === null
        ? t('quality.says.never')
        : t('quality.says.silent', { quiet, usually });
    case 'rows_wait':
      return t('quality.says.rows_wait', {
        n: q.waiting,
        rows: number(q.waiting),
        why: q.waiting_most === null ? '–' : tWord('reject', q.waiting_most),
      });
    case 'worse':
      return q.worse === null ? '' : worse(q.worse);
    case 'unknown':
      return t('quality.says.unknown');
    default:
      return t('quality.says.as_usual', { quiet, usually });
  }
}

function worse(what: NonNullable<SourceQuality['worse']>): string {
  if (what.what === 'delay') {
    return t('quality.says.later', {
      now: lasting(what.now.median_hours),
      before: lasting(what.before.median_hours),
      events: number(what.now.events),
    });
  }
  return t('quality.says.worse', {
    field: tWord('quality.field', what.field),
    now: percent(what.now.share),
    of: number(what.now.denominator),
    before: percent(what.before.share),
    ofBefore: number(what.before.denominator),
  });
}
