// Up to four lines over time, named at their ends, with the interval of each rate as a whisker. Told
// apart by dash as well as by colour; read with the arrow keys.
import { useState } from 'preact/hooks';
import type { TrendSeries, Trends } from '../api/types';
import { t } from '../i18n';
import { dayShort, days, number } from '../i18n/format';
import { NowcastMark, sayNowcast } from '../ui/count-chart';
import { niceTop, useWidth } from '../ui/width';
import type { Question } from './question';
import { intervalOf, nowcastOf, valuesOf } from './values';

interface Props {
  trends: Trends;
  shown: TrendSeries[];
  question: Question;
}

const HEIGHT = 300;
const LEFT = 36;
const TOP = 10;
const BOTTOM = 24;

export function TrendChart({ trends, shown, question }: Props) {
  const [box, width] = useWidth<HTMLDivElement>(600);
  const [at, setAt] = useState<number | null>(null);
  const rate = question.measure === 'rate';
  const n = trends.buckets.length;
  const right = width > 520 ? 130 : 12;
  const highest = shown.flatMap((s) =>
    valuesOf(s, question.measure).map((v, i) =>
      Math.max(v ?? 0, rate ? (intervalOf(s, i)?.[1] ?? 0) : 0, nowcastOf(s, i, question.measure)?.hi ?? 0),
    ),
  );
  const top = niceTop(Math.max(1, ...highest));
  const x = (i: number) => LEFT + (n < 2 ? 0 : (i / (n - 1)) * (width - LEFT - right));
  const y = (value: number) => TOP + (1 - Math.min(value, top) / top) * (HEIGHT - TOP - BOTTOM);
  const half = n < 2 ? 8 : (x(1) - x(0)) / 2;
  const names = placeNames(shown, question.measure, y);
  const step = (key: string) =>
    ({ ArrowLeft: (at ?? n) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: n - 1 })[key];
  /** A part of a period is no fall: the line ends before it, and what is known so far is a hollow point. */
  const settled = (series: TrendSeries) =>
    valuesOf(series, question.measure).map((v, i) => (trends.buckets[i]?.complete === false ? null : v));
  const unit = rate ? t('measure.rate') : t('measure.count');
  const bucket = at === null ? undefined : trends.buckets[at];

  return (
    <figure ref={box} class="card">
      <svg
        class="chart"
        role="img"
        aria-label={`${t('trends.chart')} ${unit}. ${t('chart.help')}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is read point by point with the arrow keys.
        tabIndex={0}
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        onKeyDown={(event) => {
          const target = step(event.key);
          if (target === undefined) return;
          event.preventDefault();
          setAt(Math.max(0, Math.min(n - 1, target)));
        }}
        onBlur={() => setAt(null)}
        onPointerMove={(event) => {
          const left = event.currentTarget.getBoundingClientRect().left;
          const i = Math.round(((event.clientX - left - LEFT) / (width - LEFT - right)) * (n - 1));
          setAt(i >= 0 && i < n ? i : null);
        }}
        onPointerLeave={() => setAt(null)}
      >
        {[0, top / 4, top / 2, (top * 3) / 4, top].map((value) => (
          <g key={value}>
            <line
              class={value === 0 ? 'axis' : 'grid'}
              x1={LEFT}
              x2={width - right}
              y1={y(value)}
              y2={y(value)}
            />
            <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
              {number(value, Number.isInteger(value) ? 0 : top < 4 ? 2 : 1)}
            </text>
          </g>
        ))}
        {trends.buckets.map(
          (b, i) =>
            b.complete === false && (
              <rect
                key={b.from}
                class="window"
                x={Math.max(LEFT, x(i) - half)}
                y={TOP}
                width={i === 0 || i === n - 1 ? half : 2 * half}
                height={y(0) - TOP}
              />
            ),
        )}
        {shown.map((series, k) => (
          <g key={series.id}>
            {rate &&
              series.values.map((_, i) => {
                const pair = intervalOf(series, i);
                return (
                  pair && (
                    <line
                      key={i}
                      class={`whisker s${k + 1}`}
                      x1={x(i) + k * 2}
                      x2={x(i) + k * 2}
                      y1={y(pair[0])}
                      y2={y(pair[1])}
                    />
                  )
                );
              })}
            <path class={`line s${k + 1}`} d={pathThrough(settled(series), x, y)} />
            {series.values.map((_, i) => (
              <NowcastMark
                key={`n${i}`}
                nowcast={nowcastOf(series, i, question.measure)}
                x={x(i) - 5 + k * 3}
                width={10}
                y={y}
              />
            ))}
            {valuesOf(series, question.measure).map(
              (value, i) =>
                value !== null &&
                trends.buckets[i]?.complete === false && (
                  <circle key={i} class={`open-end s${k + 1}`} cx={x(i)} cy={y(value)} r="4" />
                ),
            )}
          </g>
        ))}
        {width > 520 &&
          names.map(({ series, k, top: at }) => (
            <text key={series.id} class={`n${k + 1}`} x={width - right + 6} y={at}>
              {series.name.slice(0, 18)}
            </text>
          ))}
        {at !== null && <line class="cursor" x1={x(at)} x2={x(at)} y1={TOP} y2={y(0)} />}
        <text x={LEFT} y={HEIGHT - 6}>
          {trends.buckets[0] ? dayShort(trends.buckets[0].from) : ''}
        </text>
        <text x={width - right} y={HEIGHT - 6} text-anchor="end">
          {dayShort(trends.buckets[n - 1]?.to ?? question.to)}
        </text>
      </svg>
      {width <= 520 && <Key shown={shown} />}
      <figcaption class="reading muted" aria-live="polite">
        {bucket && at !== null
          ? `${days(bucket.from, bucket.to)}: ${shown.map((s) => `${s.name} ${valueText(s, at, question.measure)}`).join(' · ')}${bucket.complete === false && !shown.some((s) => nowcastOf(s, at, question.measure)) ? ` · ${t('trends.partly')}` : ''}`
          : rate
            ? t('trends.interval')
            : unit}
      </figcaption>
    </figure>
  );
}

/** A value with its interval where it has one. */
export function valueText(series: TrendSeries, i: number, measure: 'count' | 'rate'): string {
  const value = valuesOf(series, measure)[i];
  if (value === null || value === undefined) return '–';
  const late = nowcastOf(series, i, measure);
  if (measure === 'count') return late ? sayNowcast(value, late) : number(value);
  const pair = intervalOf(series, i);
  return pair ? `${number(value, 1)} (${number(pair[0], 1)}–${number(pair[1], 1)})` : number(value, 1);
}

function Key({ shown }: { shown: TrendSeries[] }) {
  return (
    <ul class="key small">
      {shown.map((series, k) => (
        <li key={series.id}>
          <svg class="chart key-line" width="28" height="8" viewBox="0 0 28 8" aria-hidden="true">
            <path class={`line s${k + 1}`} d="M0 4H28" />
          </svg>
          {series.name}
        </li>
      ))}
    </ul>
  );
}

/** A line that breaks where a value is not known: a gap is not a zero. */
export function pathThrough(
  values: readonly (number | null)[],
  x: (i: number) => number,
  y: (value: number) => number,
): string {
  let pen = 'M';
  let path = '';
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    path += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = 'L';
  });
  return path;
}

/** The names at the ends of their lines, moved apart where lines end close together. */
function placeNames(shown: TrendSeries[], measure: 'count' | 'rate', y: (value: number) => number) {
  const ends = shown
    .map((series, k) => ({
      series,
      k,
      top: y(valuesOf(series, measure).findLast((v) => v !== null) ?? 0) + 4,
    }))
    .sort((a, b) => a.top - b.top);
  let last = Number.NEGATIVE_INFINITY;
  for (const end of ends) {
    end.top = Math.max(end.top, last + 16);
    last = end.top;
  }
  // What was pushed below the chart is pushed up again, the lowest first.
  let floor = HEIGHT - BOTTOM + 4;
  for (const end of [...ends].reverse()) {
    end.top = Math.min(end.top, floor);
    floor = end.top - 16;
  }
  return ends;
}
