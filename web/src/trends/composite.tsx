// The state composite: the last twelve months, each overdose once, newest first.
import type { CompositeCounts, CompositeTable } from '../api/incident-types';
import { type Key, t } from '../i18n';
import { days, exactTime, number } from '../i18n/format';
import { useResource } from '../state/resource';
import { Failure, Skeleton } from '../ui/parts';

type Line = Exclude<keyof CompositeCounts, 'span'>;

/** Columns that are left out where no month has any. */
const LINES: readonly [Line, Key][] = [
  ['emergency_department', 'composite.ed'],
  ['ems_not_transported', 'composite.notTransported'],
  ['ems_not_stated', 'composite.notStated'],
  ['reversals', 'composite.reversals'],
  ['other', 'composite.other'],
  ['transported_without_visit', 'composite.withoutVisit'],
];

export function CompositePart() {
  const table = useResource<CompositeTable>('/composite', ['analysis'], true);
  return (
    <details open class="stack">
      <summary>{t('composite.title')}</summary>
      {table.error !== null && !table.data && <Failure error={table.error} retry={table.reload} />}
      {!table.data && table.error === null && <Skeleton lines={6} />}
      {table.data && <Table table={table.data} />}
    </details>
  );
}

function Table({ table }: { table: CompositeTable }) {
  const lines = LINES.filter(([line]) => table.rows.some((row) => row[line] > 0));
  const rows = table.rows.filter((row) => row.reports > 0).reverse();
  const partly = rows.some((row) => !row.span.complete);
  return (
    <>
      <p class="small">{t('composite.lead')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap" tabIndex={0} aria-label={t('composite.title')}>
        <table>
          {partly && <caption>{t('trends.incomplete')}</caption>}
          <thead>
            <tr>
              <th scope="col">{t('composite.month')}</th>
              <th scope="col" class="num">
                {t('composite.total')}
              </th>
              <th scope="col" class="num">
                {t('composite.fatal')}
              </th>
              {lines.map(([line, key]) => (
                <th scope="col" class="num" key={line}>
                  {t(key)}
                </th>
              ))}
              <th scope="col" class="num">
                {t('composite.severalSources')}
              </th>
              <th scope="col" class="num">
                {t('composite.reports')}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.span.from}>
                <th scope="row">
                  {days(row.span.from, row.span.to)}
                  {!row.span.complete && ' *'}
                </th>
                <td class="num strong">{number(row.total)}</td>
                <td class="num">
                  {number(row.fatal_confirmed + row.fatal_suspected)}
                  {row.fatal_suspected > 0 && (
                    <span class="muted">
                      {' '}
                      ({t('composite.suspected', { n: number(row.fatal_suspected) })})
                    </span>
                  )}
                </td>
                {lines.map(([line]) => (
                  <td class="num" key={line}>
                    {number(row[line])}
                  </td>
                ))}
                <td class="num">{number(row.told_by_two + row.told_by_three)}</td>
                <td class="num muted">{number(row.reports)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {table.linked && (
        <p class="small muted">
          {table.linked.expected_false === null
            ? t('composite.linkedNone', { when: exactTime(table.linked.at) })
            : t('composite.linked', {
                when: exactTime(table.linked.at),
                pairs: number(table.linked.pairs),
                share: `${number(table.linked.expected_false * 100, 1)} %`,
              })}
        </p>
      )}
    </>
  );
}
