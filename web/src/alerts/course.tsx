// How a cluster went from day to day: new, grew, moved, cooled, as before. The newest day comes first.
import type { Alert, CourseStep } from '../api/types';
import { t } from '../i18n';
import { dayShort, expected, number } from '../i18n/format';

/** What became of it last, in a word, with the day where that is not the day of the data. */
export function TurnWord({ alert }: { alert: Alert }) {
  if (alert.state === 'over') return null;
  return (
    <>
      {t(`turn.${alert.turn}`)} {t('turn.on', { day: dayShort(alert.last_signalled) })}
    </>
  );
}

export function Course({ steps, over }: { steps: CourseStep[]; over: boolean }) {
  // One day has no course yet; the figures above say all there is.
  if (steps.length < 2) return null;
  const last = steps[steps.length - 1];
  return (
    <section class="stack">
      <h2>{t('alert.course')}</h2>
      <ol class="stack small course">
        {over && last && <li class="muted">{t('turn.over', { day: dayShort(last.day) })}</li>}
        {[...steps].reverse().map((step) => (
          <li key={step.day}>
            <span class="strong">{dayShort(step.day)}</span> {t(`turn.${step.turn}`)}
            {step.moved_km !== null &&
              ` ${t('turn.moved.to', { km: number(step.moved_km, 1), place: step.place_name })}`}
            : {t('turn.figures', { n: step.observed, expected: expected(step.expected) })}
          </li>
        ))}
      </ol>
    </section>
  );
}
