// The box the map lives in. Hands the scene to the engine and puts what it reports into the address.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NamedPlace, Point } from '../api/types';
import { t } from '../i18n';
import { ticks } from '../state/live';
import { dark } from '../state/prefs';
import { useResource } from '../state/resource';
import { go, route, setQuery } from '../state/route';
import { type Areas, useAreas } from '../ui/areas';
import type { Engine, Position } from './engine';
import type { Label } from './labels';
import type { View } from './window';
import { zoom } from './zoom';

interface Props {
  view: View;
  resolution: number;
  /** Where the chosen row is; brought into view. */
  focus: Point | null;
}

export function MapBox({ view, resolution, focus }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  const areas = useAreas();
  const places = useResource<{ items: NamedPlace[] }>('/places?limit=300').data?.items;
  const revision = ticks.events.value + ticks.alerts.value + ticks.analysis.value;
  const scene = { ...view, dark: dark.value, resolution, revision };
  const start = areas.own[0];

  useEffect(() => {
    const element = box.current;
    if (!element || !start) return;
    let gone = false;
    const bounds = boundsOf(areas);
    import('./engine')
      .then(({ Engine }) => {
        if (gone) return;
        engine.current = new Engine(
          element,
          scene,
          { bounds, position: readPosition(route.peek().query) },
          callbacks(setState),
        );
        zoom.value = engine.current.zoom();
        setState('ready');
      })
      .catch(() => setState('failed'));
    return () => {
      gone = true;
      engine.current?.destroy();
      engine.current = null;
    };
  }, [start?.id]);

  const key = JSON.stringify(scene);
  useEffect(() => engine.current?.update(scene), [key, state]);
  useEffect(() => engine.current?.setLabels(labelsOf(areas, places ?? [])), [areas.all, places, state]);
  useEffect(() => {
    if (focus && engine.current) engine.current.goTo({ ...focus, zoom: engine.current.zoom() });
  }, [focus?.lat, focus?.lon]);
  useEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => engine.current?.resize());
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div class="map-frame">
      <div ref={box} class="map-box" />
      {state === 'loading' && <p class="map-note">{t('map.loading')}</p>}
      {state === 'failed' && (
        <p class="map-note" role="alert">
          {t('map.failed')}
        </p>
      )}
    </div>
  );
}

function callbacks(setState: (state: 'failed') => void) {
  return {
    onCell: (cell: string | null) => setQuery({ cell }, cell ? 'push' : 'replace'),
    onAlert: (id: string) => go(`/alerts/${id}`),
    onMove: ({ lat, lon, zoom: level }: Position) => {
      zoom.value = level;
      setQuery({ lat: lat.toFixed(4), lon: lon.toFixed(4), zoom: level.toFixed(1) });
    },
    onFail: () => setState('failed'),
  };
}

function readPosition(query: URLSearchParams): Position | undefined {
  const [lat, lon, level] = ['lat', 'lon', 'zoom'].map((key) => Number.parseFloat(query.get(key) ?? ''));
  if (lat === undefined || lon === undefined || level === undefined) return undefined;
  return [lat, lon, level].every(Number.isFinite) ? { lat, lon, zoom: level } : undefined;
}

/** The box around the person's own areas. */
function boundsOf(areas: Areas): [number, number, number, number] | undefined {
  const boxes = areas.own.map((area) => area.bbox);
  if (boxes.length === 0) return undefined;
  return [
    Math.min(...boxes.map((b) => b[0])),
    Math.min(...boxes.map((b) => b[1])),
    Math.max(...boxes.map((b) => b[2])),
    Math.max(...boxes.map((b) => b[3])),
  ];
}

function labelsOf(areas: Areas, places: NamedPlace[]): Label[] {
  const counties = areas.all
    .filter((area) => area.kind === 'county')
    .map((a) => ({
      name: a.name,
      lat: a.centre.lat,
      lon: a.centre.lon,
      kind: 'county' as const,
      weight: a.population ?? 0,
    }));
  const towns = (
    places.length > 0
      ? places.map((p) => ({ name: p.name, point: p.point, population: p.population }))
      : areas.all
          .filter((a) => a.kind === 'town')
          .map((a) => ({ name: a.name, point: a.centre, population: a.population }))
  ).map((p) => ({
    name: p.name,
    lat: p.point.lat,
    lon: p.point.lon,
    kind: 'town' as const,
    weight: p.population ?? 0,
  }));
  return [...counties, ...towns];
}
