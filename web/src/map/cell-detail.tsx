// One hexagon: what was counted against what is usual, the last four weeks, forecasts, signals, last visit.
import { withQuery } from '../api/client';
import type { CellDetail, Hotspot, HotspotSummary } from '../api/types';
import { directions } from '../brief/directions';
import { t } from '../i18n';
import { days, daysBetween, expected, number, onceIn, percent, range, times } from '../i18n/format';
import { useResource } from '../state/resource';
import { setQuery } from '../state/route';
import { logsVisits } from '../state/session';
import { CorroborationLine } from '../ui/corroboration';
import { CountChart } from '../ui/count-chart';
import { ForecastParts } from '../ui/forecast-parts';
import { Ago, Failure, Said, Skeleton } from '../ui/parts';
import { HotspotWeeks } from './hotspot-weeks';
import type { View } from './window';

interface Props {
  cell: string;
  view: View;
  /** Where hot spots are shown: this hexagon's, and what all have in common. */
  hotspot: Hotspot | undefined;
  summary: HotspotSummary | null;
  onClose: () => void;
}

export function CellDetailPanel({ cell, view, hotspot, summary, onClose }: Props) {
  const detail = useResource<CellDetail>(
    withQuery(`/cells/${cell}`, { kind: view.kind, from: view.from, to: view.to }),
    ['events', 'analysis'],
  );
  const data = detail.data;
  const name = data?.row.place_name;
  return (
    <aside class="cell-detail stack" aria-label={name ?? t('map.list.place')}>
      <div class="row between head">
        <h2>{name ? <Said>{name}</Said> : t('app.loading')}</h2>
        <button type="button" class="icon-button" aria-label={t('cell.close')} onClick={onClose}>
          ✕
        </button>
      </div>
      {detail.error !== null && !data && <Failure error={detail.error} retry={detail.reload} />}
      {!data && detail.error === null && <Skeleton lines={6} />}
      {hotspot && summary && <HotspotWeeks hotspot={hotspot} summary={summary} />}
      {data && <Body data={data} view={view} />}
    </aside>
  );
}

function Body({ data, view }: { data: CellDetail; view: View }) {
  const { row } = data;
  const visit = data.last_visit;
  const week = data.forecasts.find((f) => daysBetween(f.window.from, f.window.to) === 6);
  return (
    <>
      <p>
        <span class="big">{number(row.observed)}</span> {t('cell.observed')} ·{' '}
        <span class="big">{expected(row.expected)}</span> {t('cell.expected')}
        {row.ratio !== null && <> ({times(row.ratio)})</>}
      </p>
      <p class="small muted">
        {days(view.from, view.to)} · {t('cell.range')} {range(row.expected_range)}
      </p>
      <CorroborationLine of={data.corroboration} />
      <h3>{t('cell.recent')}</h3>
      <CountChart
        label={t('cell.recent')}
        height={110}
        table={false}
        window={view}
        points={data.recent.map((r) => ({
          from: r.day,
          to: r.day,
          count: r.count,
          expected: null,
          lo: null,
          hi: null,
          complete: true,
        }))}
      />
      {data.forecasts.length > 0 && (
        <dl class="facts">
          {data.forecasts.map((f) => (
            <div class="pair" key={`${f.window.from}${f.window.to}`}>
              <dt>{t('cell.forecast', { n: daysBetween(f.window.from, f.window.to) + 1 })}</dt>
              <dd>{percent(f.p_at_least_one)}</dd>
            </div>
          ))}
        </dl>
      )}
      {week && <ForecastParts forecast={week} />}
      <h3>{t('cell.signals')}</h3>
      {data.signals.length === 0 ? (
        <p class="muted small">{t('cell.signals.none')}</p>
      ) : (
        <ul class="stack small">
          {data.signals.slice(0, 5).map((signal) => (
            <li key={signal.id}>
              {days(signal.window.from, signal.window.to)}: {number(signal.observed)} /{' '}
              {expected(signal.expected)} · {onceIn(signal.recurrence_interval_days)}
            </li>
          ))}
        </ul>
      )}
      <p class="small">
        {t('cell.lastVisit')}:{' '}
        {visit ? <Ago at={visit} /> : <span class="muted">{t('cell.lastVisit.none')}</span>}
      </p>
      <div class="row">
        {logsVisits.value && (
          <button
            type="button"
            class="button"
            onClick={() => setQuery({ log: 'hotspot', at_cell: row.cell, at_area: row.area }, 'push')}
          >
            {t('cell.log')}
          </button>
        )}
        <a
          class="button plain"
          href={directions(row.centre, row.place_name)}
          target="_blank"
          rel="noreferrer"
        >
          {t('brief.directions')} ↗
        </a>
      </div>
      <p class="small muted">{t('cell.id', { id: row.cell })}</p>
    </>
  );
}
