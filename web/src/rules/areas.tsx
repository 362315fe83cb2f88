// What each area can and cannot see under a rule, as a table that is asked for when it is opened.
import { useState } from 'preact/hooks';
import type { RuleArea, RuleRow } from '../api/rule-types';
import { t } from '../i18n';
import { expected, number } from '../i18n/format';
import { useResource } from '../state/resource';
import { Failure, Said, Skeleton } from '../ui/parts';
import { oneIn, unjudged } from './words';

export function RuleAreas({ rule }: { rule: RuleRow }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('rules.areas')}</summary>
      {open && <Table id={rule.id} />}
    </details>
  );
}

function Table({ id }: { id: string }) {
  const areas = useResource<{ items: RuleArea[] }>(`/rules/${id}/areas`, ['analysis']);
  if (areas.error !== null && !areas.data) return <Failure error={areas.error} retry={areas.reload} />;
  if (!areas.data) return <Skeleton lines={4} />;
  if (areas.data.items.length === 0) return <p class="muted">{t('rules.areas.none')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard.
    <section class="table-wrap" tabIndex={0} aria-label={t('rules.areas')}>
      <table>
        <caption>{t('rules.areas.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('rules.areas.area')}</th>
            <th scope="col" class="num">
              {t('rules.areas.usual')}
            </th>
            <th scope="col">{t('rules.areas.double')}</th>
            <th scope="col">{t('rules.areas.triple')}</th>
            <th scope="col" class="num">
              {t('rules.areas.extra')}
            </th>
            <th scope="col" class="num">
              {t('rules.areas.begun')}
            </th>
          </tr>
        </thead>
        <tbody>
          {areas.data.items.map((area) => (
            <tr key={area.area}>
              <th scope="row">{area.area_name}</th>
              {unjudged(area) ? (
                <td colSpan={5} class="muted">
                  <Said>{area.reason}</Said>
                </td>
              ) : (
                <>
                  <td class="num">{expected(area.usual_per_day)}</td>
                  <td>{oneIn(area.sees_double)}</td>
                  <td>{oneIn(area.sees_triple)}</td>
                  <td class="num">{number(area.sees_extra)}</td>
                  <td class="num">{number(area.would_have_begun)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
