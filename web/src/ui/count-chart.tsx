// Counts over time: bars for counts, a line for the usual count, a band for its range, hollow bars where
// late reports are still expected, with a shaded range of what they will come to. Every bar can be read with the arrow keys, and as a table.
import { useState } from 'preact/hooks';
import type { Nowcast } from '../api/types';
import { t } from '../i18n';
import { dayShort, days, expected, number } from '../i18n/format';
import { niceTop, useWidth } from './width';

export interface CountPoint {
  from: string;
  to: string;
  count: number;
  expected: number | null;
  lo: number | null;
  hi: number | null;
  complete: boolean;
  nowcast?: Nowcast | null;
}

interface Props {
  points: readonly CountPoint[];
  label: string;
  height?: number;
  /** Days shaded as "the window this is about". */
  window?: { from: string; to: string };
  table?: boolean;
}

const LEFT = 28;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;

export function CountChart({ points, label, height = 180, window, table = true }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const top = niceTop(
    Math.max(...points.map((p) => Math.max(p.count, p.hi ?? 0, p.expected ?? 0, p.nowcast?.hi ?? 0)), 1),
  );
  const step = (width - LEFT - RIGHT) / Math.max(1, points.length);
  const x = (i: number) => LEFT + i * step;
  const y = (value: number) => TOP + (1 - value / top) * (height - TOP - BOTTOM);
  const shaded = window ? span(points, window) : null;
  const move = (event: KeyboardEvent) => {
    const target = {
      ArrowLeft: (at ?? points.length) - 1,
      ArrowRight: (at ?? -1) + 1,
      Home: 0,
      End: points.length - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(points.length - 1, target)));
  };
  const current = at === null ? undefined : points[at];

  return (
    <figure ref={box}>
      <svg
        class="chart"
        role="img"
        aria-label={`${label}. ${t('chart.help')}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart is read point by point with the arrow keys.
        tabIndex={0}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        onKeyDown={move}
        onBlur={() => setAt(null)}
        onPointerMove={(event) => {
          const left = event.currentTarget.getBoundingClientRect().left;
          const i = Math.floor((event.clientX - left - LEFT) / step);
          setAt(i >= 0 && i < points.length ? i : null);
        }}
        onPointerLeave={() => setAt(null)}
      >
        {shaded && (
          <rect
            class="window"
            x={x(shaded[0])}
            y={TOP}
            width={(shaded[1] - shaded[0] + 1) * step}
            height={height - TOP - BOTTOM}
          />
        )}
        {bandPath(points, x, y, step) && <path class="band" d={bandPath(points, x, y, step)} />}
        {[0, top / 2, top].filter(Number.isInteger).map((value) => (
          <g key={value}>
            <line
              class={value === 0 ? 'axis' : 'grid'}
              x1={LEFT}
              x2={width - RIGHT}
              y1={y(value)}
              y2={y(value)}
            />
            <text x={LEFT - 6} y={y(value) + 4} text-anchor="end">
              {number(value)}
            </text>
          </g>
        ))}
        {points.map((p, i) => (
          <NowcastMark key={`n${p.from}`} nowcast={p.nowcast} x={x(i)} width={step} y={y} />
        ))}
        {points.map((p, i) => (
          <rect
            key={p.from}
            class={`bar${p.complete ? '' : ' hollow'}`}
            x={x(i) + Math.min(1, step * 0.1)}
            y={y(p.count)}
            width={Math.max(1, step - Math.min(2, step * 0.2))}
            height={y(0) - y(p.count)}
          />
        ))}
        <path class="expected" d={linePath(points, x, y, step)} />
        {at !== null && (
          <line class="cursor" x1={x(at) + step / 2} x2={x(at) + step / 2} y1={TOP} y2={y(0)} />
        )}
        <text x={LEFT} y={height - 4}>
          {points[0] ? dayShort(points[0].from) : ''}
        </text>
        <text x={width - RIGHT} y={height - 4} text-anchor="end">
          {points.length > 0 ? dayShort(points[points.length - 1]?.to ?? '') : ''}
        </text>
      </svg>
      <figcaption class="reading muted" aria-live="polite">
        {current ? say(current) : legend(points)}
      </figcaption>
      {table && <PointTable points={points} />}
    </figure>
  );
}

function say(p: CountPoint): string {
  const when = days(p.from, p.to);
  const late = p.nowcast
    ? ` · ${sayNowcast(p.count, p.nowcast)}`
    : p.complete
      ? ''
      : ` · ${t('chart.incomplete')}`;
  if (p.expected === null) return t('chart.pointPlain', { when, n: number(p.count) }) + late;
  const range = p.lo === null || p.hi === null ? '–' : `${number(p.lo)}–${number(p.hi)}`;
  return t('chart.point', { when, n: number(p.count), expected: expected(p.expected), range }) + late;
}

/** "6 so far; 7 to 11 when all reports are in". */
export function sayNowcast(count: number, nowcast: Nowcast): string {
  return t('chart.nowcast', { n: number(count), lo: number(nowcast.lo), hi: number(nowcast.hi) });
}

interface MarkProps {
  nowcast: Nowcast | null | undefined;
  x: number;
  width: number;
  y: (value: number) => number;
}

/** What a count will come to: the middle 95 % shaded, the middle half darker, a line at the mean. */
export function NowcastMark({ nowcast, x, width, y }: MarkProps) {
  if (!nowcast) return null;
  const box = (name: string, lo: number, hi: number) => (
    <rect class={name} x={x} y={y(hi)} width={Math.max(2, width)} height={Math.max(1, y(lo) - y(hi))} />
  );
  return (
    <g class="nowcast">
      {box('outer', nowcast.lo, nowcast.hi)}
      {box('inner', nowcast.lo50, nowcast.hi50)}
      <line x1={x} x2={x + Math.max(2, width)} y1={y(nowcast.expected)} y2={y(nowcast.expected)} />
    </g>
  );
}

function legend(points: readonly CountPoint[]): string {
  const parts = [];
  if (points.some((p) => p.expected !== null)) parts.push(`— ${t('chart.usual')}`, `▒ ${t('chart.range')}`);
  if (points.some((p) => p.nowcast)) parts.push(`▤ ${t('chart.nowcastKey')}`);
  if (points.some((p) => !p.complete)) parts.push(`□ ${t('chart.incomplete')}`);
  return parts.join('  ');
}

function PointTable({ points }: { points: readonly CountPoint[] }) {
  const late = points.some((p) => p.nowcast);
  return (
    <details>
      <summary>{t('app.showTable')}</summary>
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('table.day')}</th>
              <th scope="col" class="num">
                {t('table.count')}
              </th>
              <th scope="col" class="num">
                {t('table.expected')}
              </th>
              <th scope="col" class="num">
                {t('table.range')}
              </th>
              {late && (
                <th scope="col" class="num">
                  {t('table.nowcast')}
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {points.map((p) => (
              <tr key={p.from}>
                <th scope="row">{days(p.from, p.to)}</th>
                <td class="num">{number(p.count)}</td>
                <td class="num">{expected(p.expected)}</td>
                <td class="num">
                  {p.lo === null || p.hi === null ? '–' : `${number(p.lo)}–${number(p.hi)}`}
                </td>
                {late && (
                  <td class="num">{p.nowcast ? `${number(p.nowcast.lo)}–${number(p.nowcast.hi)}` : ''}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

type Scale = (value: number) => number;

function linePath(points: readonly CountPoint[], x: Scale, y: Scale, step: number): string {
  let pen = 'M';
  let path = '';
  points.forEach((p, i) => {
    if (p.expected === null) {
      pen = 'M';
      return;
    }
    path += `${pen}${x(i).toFixed(1)} ${y(p.expected).toFixed(1)}H${(x(i) + step).toFixed(1)}`;
    pen = 'L';
  });
  return path;
}

function bandPath(points: readonly CountPoint[], x: Scale, y: Scale, step: number): string {
  return points
    .map((p, i) =>
      p.lo === null || p.hi === null
        ? ''
        : `M${x(i).toFixed(1)} ${y(p.hi).toFixed(1)}h${step.toFixed(2)}V${y(p.lo).toFixed(1)}h${(-step).toFixed(2)}Z`,
    )
    .join('');
}

/** First and last position of the points that touch the window. */
function span(points: readonly CountPoint[], window: { from: string; to: string }): [number, number] | null {
  const inside = points.flatMap((p, i) => (p.to >= window.from && p.from <= window.to ? [i] : []));
  const first = inside[0];
  const last = inside[inside.length - 1];
  return first === undefined || last === undefined ? null : [first, last];
}
