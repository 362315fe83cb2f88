// The same numbers as the chart, and all series, newest period first.
import type { Trends } from '../api/types';
import { t } from '../i18n';
import { days, number } from '../i18n/format';
import { valueText } from './chart';
import type { Question } from './question';

export function TrendTable({ trends, question }: { trends: Trends; question: Question }) {
  const order = trends.buckets.map((bucket, i) => ({ bucket, i })).reverse();
  const partly = trends.buckets.some((bucket) => bucket.complete === false);
  return (
    <details open>
      <summary>{t('trends.table')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap trend-table" tabIndex={0} aria-label={t('trends.table')}>
        <table>
          <caption>
            {t('trends.missing')} {partly && t('trends.incomplete')}{' '}
            {trends.unplaced ? t('trends.unplaced', { n: number(trends.unplaced) }) : ''}
          </caption>
          <thead>
            <tr>
              <th scope="col">{t('trends.period')}</th>
              {trends.series.map((series) => (
                <th scope="col" class="num" key={series.id}>
                  {series.name}
                  {question.measure === 'rate' && series.population !== null && (
                    <span class="muted"> ({number(series.population)})</span>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map(({ bucket, i }) => (
              <tr key={bucket.from}>
                <th scope="row">
                  {days(bucket.from, bucket.to)}
                  {bucket.complete === false && ' *'}
                </th>
                {trends.series.map((series) => (
                  <td class="num" key={series.id}>
                    {valueText(series, i, question.measure)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
