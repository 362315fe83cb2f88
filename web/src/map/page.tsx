// The map page: table on the left (the same rows as the map), map in the middle, detail on the right when
// something is chosen, time under the map. On phones the table and the map take turns.
import { useMemo, useState } from 'preact/hooks';
import { dataAge, withQuery } from '../api/client';
import type { AreaStatus, CellTable, Forecast, ForecastRecord, HotspotTable, Page } from '../api/types';
import { t } from '../i18n';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { AgeLine, Choices, Failure, Select, SilentFeeds, Skeleton } from '../ui/parts';
import { CellDetailPanel } from './cell-detail';
import { CellTableView, type Row, rowsOfForecasts } from './cell-table';
import { LAYERS, resolutionAt } from './classes';
import { HotspotTableView } from './hotspot-table';
import { Legend } from './legend';
import { MapBox } from './map-box';
import { TimeSlider } from './time-slider';
import { newestDay, readView, type View } from './window';
import { zoom } from './zoom';

export function MapPage() {
  // The window ends on the newest day there are data of: ask once how old they are.
  const status = useResource<Page<AreaStatus>>(dataAge.value ? null : '/area-status');
  if (!dataAge.value && status.loading) {
    return (
      <div class="page">
        <Skeleton lines={8} />
      </div>
    );
  }
  return <MapWithTable view={readView(route.value.query, newestDay(dataAge.value?.as_of ?? null))} />;
}

function MapWithTable({ view }: { view: View }) {
  const resolution = resolutionAt(zoom.value);
  const forecastLayer = view.layer === 'forecast';
  const hotspotLayer = view.layer === 'hotspots';
  const cells = useResource<CellTable>(
    forecastLayer || hotspotLayer
      ? null
      : withQuery('/cells', {
          kind: view.kind,
          from: view.from,
          to: view.to,
          resolution,
          area: route.value.query.get('area'),
        }),
    ['events', 'analysis'],
    true,
  );
  const forecasts = useResource<{ items: Forecast[]; records: ForecastRecord[] }>(
    forecastLayer ? withQuery('/forecasts', { level: 'cell', kind: view.kind, days: 7 }) : null,
    ['analysis'],
  );
  const hotspots = useResource<HotspotTable>(
    hotspotLayer ? withQuery('/hotspots', { area: route.value.query.get('area') }) : null,
    ['analysis'],
  );
  const rows: Row[] | undefined = useMemo(
    () => (forecastLayer ? forecasts.data && rowsOfForecasts(forecasts.data.items) : cells.data?.items),
    [forecastLayer, forecasts.data, cells.data],
  );
  const [shown, setShown] = useState<'map' | 'list'>('map');
  const shownNow = hotspotLayer ? hotspots : forecastLayer ? forecasts : cells;
  const failed = shownNow.error;
  const hotspot = hotspots.data?.items.find((row) => row.cell === view.cell);
  const chosen = hotspot ?? rows?.find((row) => row.cell === view.cell);

  const age = cells.data?.data ?? hotspots.data?.data ?? dataAge.value;
  return (
    <div class={`map-page shows-${shown}${view.cell ? ' with-detail' : ''}`}>
      <h1 class="visually-hidden">{t('map.title')}</h1>
      <section class="map-list" aria-label={t('map.list')} aria-busy={shownNow.loading}>
        <Controls view={view} />
        {age && <SilentFeeds data={age} />}
        {failed !== null && !shownNow.data && <Failure error={failed} retry={shownNow.reload} />}
        {!shownNow.data && failed === null && <Skeleton lines={10} />}
        {hotspotLayer && hotspots.data && (
          <HotspotTableView
            table={hotspots.data}
            chosen={view.cell}
            onChoose={(cell) => setQuery({ cell }, 'push')}
          />
        )}
        {!hotspotLayer && rows && (
          <CellTableView
            rows={rows}
            forecast={forecastLayer}
            chosen={view.cell}
            onChoose={(cell) => setQuery({ cell }, 'push')}
            unplaced={forecastLayer ? null : (cells.data?.unplaced ?? null)}
            resolution={forecastLayer ? 8 : (cells.data?.resolution ?? resolution)}
          />
        )}
        <AgeLine data={age} plain />
      </section>
      <section class="map-middle" aria-label={t('map.region')}>
        <MapBox view={view} resolution={resolution} focus={chosen?.centre ?? null} />
        <Legend layer={view.layer} clusters={view.clusters} />
        <TimeSlider view={view} />
      </section>
      {view.cell && (
        <CellDetailPanel
          cell={view.cell}
          view={view}
          hotspot={hotspotLayer ? hotspot : undefined}
          summary={hotspots.data?.summary ?? null}
          onClose={() => setQuery({ cell: null })}
        />
      )}
      <div class="map-switch">
        <Choices
          legend={t('map.title')}
          name="shown"
          value={shown}
          options={[
            { value: 'map', label: t('map.showMap') },
            { value: 'list', label: t('map.showList') },
          ]}
          onChange={setShown}
        />
        {shown === 'map' && <LayerChoice view={view} />}
      </div>
    </div>
  );
}

function LayerChoice({ view }: { view: View }) {
  return (
    <Select
      label={t('map.layer')}
      value={view.layer}
      options={LAYERS.map((layer) => ({ value: layer, label: t(`map.layer.${layer}`) }))}
      onChange={(layer) => setQuery({ layer: layer === 'ratio' ? null : layer })}
    />
  );
}

function Controls({ view }: { view: View }) {
  return (
    <div class="map-controls">
      <LayerChoice view={view} />
      {/* Hot spots are looked for among overdoses only. */}
      {view.layer !== 'hotspots' && (
        <Select
          label={t('map.kind')}
          value={view.kind}
          options={(['overdose', 'naloxone', 'outreach'] as const).map((kind) => ({
            value: kind,
            label: t(`kind.${kind}`),
          }))}
          onChange={(kind) => setQuery({ kind: kind === 'overdose' ? null : kind })}
        />
      )}
      {view.layer !== 'clusters' && (
        <label class="check">
          <input
            type="checkbox"
            checked={view.clusters}
            onChange={(event) => setQuery({ clusters: event.currentTarget.checked ? null : 0 })}
          />
          {t('map.clusters')}
        </label>
      )}
    </div>
  );
}
