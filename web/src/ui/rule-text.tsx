// How often a rule was right so far.
import type { RuleRecord } from '../api/types';
import { t } from '../i18n';
import { number } from '../i18n/format';

/** A rate is never shown without its counts. */
export function RuleText({ rule }: { rule: RuleRecord }) {
  if (rule.confirmed + rule.dismissed === 0 && rule.sent === 0) return <>{t('why.recordNone')}</>;
  const hours = rule.median_hours_to_acknowledge;
  return (
    <>
      {t('why.recordText', {
        sent: number(rule.sent),
        confirmed: number(rule.confirmed),
        dismissed: number(rule.dismissed),
      })}
      {hours !== null && <> · {t('why.recordHours', { n: number(Math.max(1, Math.round(hours))) })}</>}
    </>
  );
}
