// Hot spots as a table beside the map: the same hexagons, hottest first, sortable, for the keyboard.
import { useState } from 'preact/hooks';
import type { Hotspot, HotspotTable } from '../api/types';
import { t } from '../i18n';
import { days, number } from '../i18n/format';
import { Empty, Said } from '../ui/parts';
import { Heading, type Sort } from './cell-table';
import { GROUPS, groupOf, recentWeeks, sentence } from './hotspots';

type Column = 'place_name' | 'pattern' | 'weeks';
const SHOWN = 60;

interface Props {
  table: HotspotTable;
  chosen: string | null;
  onChoose: (cell: string) => void;
}

export function HotspotTableView({ table, chosen, onChoose }: Props) {
  const [sort, setSort] = useState<Sort<Column> | null>(null);
  const [limit, setLimit] = useState(SHOWN);
  const { summary, items } = table;
  if (!summary || items.length === 0)
    return <Empty title={t('hotspot.empty.title')}>{t('hotspot.empty.text')}</Empty>;
  const rows = sort ? sortedHotspots(items, sort) : items;
  return (
    <div class="cells">
      <table>
        <caption>
          {t('hotspot.caption', { weeks: days(summary.weeks.from, summary.weeks.to) })} ·{' '}
          {t('map.resolution', { n: table.resolution ?? summary.resolution })}
        </caption>
        <thead>
          <tr>
            <Heading column="place_name" label={t('map.list.place')} sort={sort} onSort={setSort} />
            <Heading column="pattern" label={t('hotspot.pattern')} sort={sort} onSort={setSort} />
            <Heading column="weeks" label={t('hotspot.weeks')} sort={sort} onSort={setSort} numeric />
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, limit).map((row) => (
            <tr key={row.cell} class={row.cell === chosen ? 'chosen' : ''} data-cell={row.cell}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  aria-pressed={row.cell === chosen}
                  onClick={() => onChoose(row.cell)}
                >
                  <Said>{row.place_name}</Said>
                </button>
              </th>
              <td title={sentence(row, summary.needed)}>{t(`hotspot.group.${groupOf(row.category)}`)}</td>
              <td class="num">{row.category ? hotOf(row) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > limit && (
        <p class="row between small muted">
          {t('map.list.shown', { shown: number(limit), n: number(rows.length) })}
          <button type="button" class="button" onClick={() => setLimit(limit + 200)}>
            {t('app.more')}
          </button>
        </p>
      )}
      <p class="small muted">{t('hotspot.what', { needed: number(summary.needed) })}</p>
      {summary.silent_weeks > 0 && (
        <p class="small muted">{t('hotspot.silent', { n: summary.silent_weeks })}</p>
      )}
      {summary.late_weeks > 0 && <p class="small muted">{t('hotspot.late', { n: summary.late_weeks })}</p>}
    </div>
  );
}

const hotOf = (row: Hotspot): string => {
  const { hot, weeks } = recentWeeks(row);
  return t('hotspot.of', { hot: number(hot), weeks: number(weeks) });
};

const keyOf = (row: Hotspot, column: Column): string | number => {
  if (column === 'place_name') return row.place_name;
  if (column === 'pattern') return -GROUPS.indexOf(groupOf(row.category));
  return row.category ? recentWeeks(row).hot : -1;
};

/** Sorted by a column; equal rows keep the service's order. */
export function sortedHotspots(rows: readonly Hotspot[], { column, descending }: Sort<Column>): Hotspot[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [keyOf(a, column), keyOf(b, column)];
    if (typeof x === 'string' && typeof y === 'string') return sign * x.localeCompare(y);
    return sign * (Number(x) - Number(y));
  });
}
