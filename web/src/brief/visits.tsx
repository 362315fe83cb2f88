// The visits of the last weeks, with their sums: the same rows that the monthly report counts.
import { useMemo } from 'preact/hooks';
import { withQuery } from '../api/client';
import type { Encounter } from '../api/types';
import { t } from '../i18n';
import { addDays, exactTime, number, today } from '../i18n/format';
import { useResource } from '../state/resource';
import { useAreas } from '../ui/areas';
import { Empty, Failure, Skeleton, word } from '../ui/parts';

const DAYS = 30;

export function VisitsPage() {
  const path = useMemo(() => withQuery('/encounters', { from: addDays(today(), -DAYS), to: today() }), []);
  const visits = useResource<{ items: Encounter[] }>(path, ['area-status']);
  const areas = useAreas();
  const items = visits.data?.items ?? [];
  const sum = (of: (item: Encounter) => number) => items.reduce((total, item) => total + of(item), 0);
  const parts = [
    t('visits.sumVisits', { n: items.length }),
    t('visits.sumReached', { n: sum((i) => (i.contacted === 'nobody' ? 0 : 1)) }),
    t('visits.sumKits', { n: sum((i) => i.kits_given) }),
    t('visits.sumReferrals', { n: sum((i) => i.referrals.length) }),
  ];
  return (
    <div class="page stack">
      <h1>{t('visits.title')}</h1>
      <p class="muted">{t('visits.lead', { n: DAYS })}</p>
      {visits.error !== null && !visits.data && <Failure error={visits.error} retry={visits.reload} />}
      {!visits.data && visits.loading && <Skeleton lines={6} />}
      {visits.data && items.length === 0 && (
        <Empty title={t('visits.empty.title')}>{t('visits.empty.text')}</Empty>
      )}
      {items.length > 0 && (
        <>
          <p class="strong">{parts.join(' · ')}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
          <section class="table-wrap" tabIndex={0} aria-label={t('visits.title')}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t('visits.when')}</th>
                  <th scope="col">{t('log.where')}</th>
                  <th scope="col">{t('visits.what')}</th>
                  <th scope="col" class="num">
                    {t('visits.kits')}
                  </th>
                  <th scope="col">{t('visits.referrals')}</th>
                  <th scope="col">{t('visits.who')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.id}>
                    <th scope="row">{exactTime(item.at)}</th>
                    <td>{item.area ? (areas.byId.get(item.area)?.name ?? item.area) : '–'}</td>
                    <td>
                      {word('mode', item.mode)}, {word('contacted', item.contacted).toLowerCase()}
                      <br />
                      <span class="small muted">{word('trigger', item.trigger)}</span>
                    </td>
                    <td class="num">{number(item.kits_given)}</td>
                    <td>{item.referrals.map((r) => word('referral', r)).join(', ') || '–'}</td>
                    <td>{item.by_name}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </div>
  );
}
