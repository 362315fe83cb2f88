// The rows of the map as a table: sortable, for the keyboard, and the equal of the drawing.
import { useState } from 'preact/hooks';
import type { Forecast, Point } from '../api/types';
import { t } from '../i18n';
import { expected, number, percent, times } from '../i18n/format';
import { Empty, Said } from '../ui/parts';

export interface Row {
  cell: string;
  place_name: string;
  centre?: Point;
  observed: number | null;
  expected: number;
  ratio: number | null;
  forecast_p: number | null;
}

type Column = 'place_name' | 'observed' | 'expected' | 'ratio' | 'forecast_p';
export interface Sort<C extends string = Column> {
  column: C;
  descending: boolean;
}

const SHOWN = 60;

interface Props {
  rows: readonly Row[];
  forecast: boolean;
  chosen: string | null;
  onChoose: (cell: string) => void;
  unplaced: { count: number; why: string } | null;
  resolution: number;
}

export function CellTableView({ rows, forecast, chosen, onChoose, unplaced, resolution }: Props) {
  const [sort, setSort] = useState<Sort | null>(null);
  const [limit, setLimit] = useState(SHOWN);
  if (rows.length === 0) return <Empty title={t('map.list.empty.title')}>{t('map.list.empty.text')}</Empty>;
  const ordered = sort ? sorted(rows, sort) : rows;
  const columns: Column[] = forecast ? ['expected', 'forecast_p'] : ['observed', 'expected', 'ratio'];
  return (
    <div class="cells">
      <table>
        <caption>
          {t('map.list.caption')} · {t('map.resolution', { n: resolution })}
        </caption>
        <thead>
          <tr>
            <Heading column="place_name" label={t('map.list.place')} sort={sort} onSort={setSort} />
            {columns.map((column) => (
              <Heading
                key={column}
                column={column}
                label={headingOf(column)}
                sort={sort}
                onSort={setSort}
                numeric
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.slice(0, limit).map((row) => (
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
              {columns.map((column) => (
                <td class="num" key={column}>
                  {show(row, column)}
                </td>
              ))}
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
      {unplaced && unplaced.count > 0 && (
        <p class="small muted">{t('map.unplaced', { n: unplaced.count, why: unplaced.why })}</p>
      )}
    </div>
  );
}

interface HeadingProps<C extends string> {
  column: C;
  label: string;
  sort: Sort<C> | null;
  onSort: (sort: Sort<C>) => void;
  numeric?: boolean;
}

export function Heading<C extends string>({ column, label, sort, onSort, numeric }: HeadingProps<C>) {
  const active = sort?.column === column ? sort : null;
  const direction = active ? (active.descending ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" class={numeric ? 'num' : ''} aria-sort={direction}>
      <button
        type="button"
        class="sort"
        onClick={() => onSort({ column, descending: active ? !active.descending : column !== 'place_name' })}
      >
        {label}
        <span aria-hidden="true">{active ? (active.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

const headingOf = (column: Column): string =>
  ({
    place_name: t('map.list.place'),
    observed: t('map.list.observed'),
    expected: t('map.list.expected'),
    ratio: t('map.list.ratio'),
    forecast_p: t('map.list.forecast'),
  })[column];

function show(row: Row, column: Column): string {
  if (column === 'observed') return number(row.observed);
  if (column === 'expected') return expected(row.expected);
  if (column === 'ratio') return times(row.ratio);
  return percent(row.forecast_p);
}

/** Sorted by a column; what is not known goes last either way; equal rows keep their order. */
export function sorted(rows: readonly Row[], { column, descending }: Sort): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === 'string' && typeof y === 'string') return sign * x.localeCompare(y);
    return sign * (Number(x) - Number(y));
  });
}

/** Forecasts as rows of the same table, likeliest first. */
export function rowsOfForecasts(items: readonly Forecast[]): Row[] {
  return items
    .flatMap((f) =>
      f.cell === null
        ? []
        : [
            {
              cell: f.cell,
              place_name: f.place_name ?? f.cell,
              observed: null,
              expected: f.mean,
              ratio: null,
              forecast_p: f.p_at_least_one,
            },
          ],
    )
    .sort((a, b) => b.forecast_p - a.forecast_p || a.cell.localeCompare(b.cell));
}
