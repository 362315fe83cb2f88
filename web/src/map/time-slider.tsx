// Time under the map: daily counts of the whole area, the window shaded, its end moved by a slider, its
// length chosen from a few.
import { useMemo } from 'preact/hooks';
import { dataAge, withQuery } from '../api/client';
import type { Series } from '../api/types';
import { t } from '../i18n';
import { addDays, days, daysBetween, number } from '../i18n/format';
import { useResource } from '../state/resource';
import { setQuery } from '../state/route';
import { Select } from '../ui/parts';
import { useWidth } from '../ui/width';
import { HISTORY_DAYS, LENGTHS, lengthOf, newestDay, type View } from './window';

const HEIGHT = 44;

export function TimeSlider({ view }: { view: View }) {
  const newest = newestDay(dataAge.value?.as_of ?? null);
  const last = [view.to, newest].sort()[1] ?? newest;
  const first = addDays(last, 1 - HISTORY_DAYS);
  // Without an area the service counts all that the reader may see.
  const path = useMemo(
    () => withQuery('/series', { kind: view.kind, from: first, to: last, bucket: 'day', measure: 'count' }),
    [view.kind, first, last],
  );
  const series = useResource<Series>(path, ['events', 'analysis'], true).data;
  const length = lengthOf(view);
  const position = daysBetween(first, view.to);
  const move = (day: string) => {
    const to = day >= newest ? null : day;
    setQuery({ to, from: null, days: length === 14 ? null : length });
  };

  return (
    <div class="time">
      <div class="row between">
        <p class="small">
          <span class="strong">{days(view.from, view.to)}</span>{' '}
          <span class="muted">
            {t('map.histogram')}
            {series ? ` (${t(`kind.${series.kind}`)})` : ''}
          </span>
        </p>
        <div class="row">
          {!view.follows && (
            <button type="button" class="button" onClick={() => setQuery({ to: null, from: null })}>
              {t('map.window.today')}
            </button>
          )}
          <Select
            label={t('map.window')}
            value={String(length)}
            options={[...new Set([...LENGTHS, length])]
              .sort((a, b) => a - b)
              .map((n) => ({ value: String(n), label: t('map.window.days', { n }) }))}
            onChange={(n) => setQuery({ days: n === '14' ? null : n, from: null })}
          />
        </div>
      </div>
      <Histogram items={series?.items ?? []} view={view} first={first} onPick={move} />
      <input
        type="range"
        min={0}
        max={HISTORY_DAYS - 1}
        value={position}
        aria-label={t('map.window.end')}
        aria-valuetext={days(view.from, view.to)}
        onInput={(event) => move(addDays(first, Number(event.currentTarget.value)))}
      />
    </div>
  );
}

interface HistogramProps {
  items: Series['items'];
  view: View;
  first: string;
  onPick: (day: string) => void;
}

/** A picture for the eye; the slider below it is for the keyboard, so it needs no focus of its own. */
function Histogram({ items, view, first, onPick }: HistogramProps) {
  const [box, width] = useWidth<HTMLDivElement>(600);
  const step = width / HISTORY_DAYS;
  const top = Math.max(1, ...items.map((item) => item.count));
  const x = (day: string) => daysBetween(first, day) * step;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the slider below does the same for the keyboard.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the slider below does the same for the keyboard.
    <div
      ref={box}
      class="histogram"
      onClick={(event) => {
        const left = event.currentTarget.getBoundingClientRect().left;
        onPick(
          addDays(first, Math.min(HISTORY_DAYS - 1, Math.max(0, Math.floor((event.clientX - left) / step)))),
        );
      }}
    >
      <svg
        class="chart"
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`${t('map.histogram')}: ${number(items.reduce((n, i) => n + i.count, 0))}`}
      >
        <rect class="window" x={x(view.from)} y="0" width={lengthOf(view) * step} height={HEIGHT} />
        {items.map((item) => {
          const tall = (item.count / top) * (HEIGHT - 4);
          return (
            <rect
              key={item.from}
              class={item.complete ? 'bar' : 'bar hollow'}
              x={x(item.from) + 0.5}
              y={HEIGHT - tall}
              width={Math.max(1, step - 1)}
              height={tall}
            >
              <title>{`${days(item.from, item.to)}: ${number(item.count)}`}</title>
            </rect>
          );
        })}
      </svg>
    </div>
  );
}
