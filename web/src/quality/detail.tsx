// One source: a period beside the one before it, each figure with the counts that it was made from.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Delays, DeliveredRows, PeriodQuality, QualityDetail, Share } from '../api/quality-types';
import { t, tWord } from '../i18n';
import { number, percent } from '../i18n/format';
import { useResource } from '../state/resource';
import { useAreas } from '../ui/areas';
import { Ago, Choices, Failure, Said, Skeleton, sayGap } from '../ui/parts';
import { Remote } from './remote';
import { lasting } from './words';

export function Detail({ source }: { source: string }) {
  const detail = useResource<QualityDetail>(`/quality/${source}`, ['events', 'analysis']);
  const [days, setDays] = useState('28');
  if (detail.error !== null && !detail.data) return <Failure error={detail.error} retry={detail.reload} />;
  const data = detail.data;
  if (!data) return <Skeleton lines={6} />;
  const pair = data.periods.find((p) => String(p.days) === days) ?? data.periods[0];
  return (
    <div class="stack quality-detail">
      <Rhythm data={data} />
      <Choices
        legend={t('quality.period')}
        name={`period-${source}`}
        value={days}
        options={data.periods.map((p) => ({
          value: String(p.days),
          label: t('quality.days', { n: p.days }),
        }))}
        onChange={setDays}
      />
      {pair && <Figures now={pair.now} before={pair.before} days={pair.days} />}
      <Points points={data.fallback_points} />
      <Gaps data={data} />
      <Deliveries deliveries={data.deliveries} />
      <NotCases rows={data.not_cases} />
      {data.remote && <Remote standing={data.remote} />}
      <p class="small muted">
        {t('quality.counted')} <Ago at={data.counted_at} />. {t('quality.how')}
      </p>
    </div>
  );
}

function Rhythm({ data }: { data: QualityDetail }) {
  const { usual_gap_hours, longest_gap_hours, quiet_hours } = data.rhythm;
  return (
    <dl class="facts">
      <dt>{t('quality.rhythm.quiet')}</dt>
      <dd>{lasting(quiet_hours)}</dd>
      <dt>{t('quality.rhythm.usual')}</dt>
      <dd>{lasting(usual_gap_hours)}</dd>
      <dt>{t('quality.rhythm.longest')}</dt>
      <dd>{lasting(longest_gap_hours)}</dd>
    </dl>
  );
}

interface Line {
  name: string;
  now: ComponentChildren;
  before: ComponentChildren;
  share?: number | null;
}

function Table({ caption, lines, days }: { caption: string; lines: readonly Line[]; days: number }) {
  if (lines.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard.
    <section class="table-wrap" tabIndex={0} aria-label={caption}>
      <table class="figures">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t('quality.table.what')}</th>
            <th scope="col" class="num">
              {t('quality.table.now', { n: days })}
            </th>
            <th scope="col" class="num">
              {t('quality.table.before')}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.name}>
              <th scope="row">
                {line.name}
                {line.share !== undefined && line.share !== null && (
                  <span class="meter" aria-hidden="true">
                    <span style={{ width: `${Math.round(line.share * 100)}%` }} />
                  </span>
                )}
              </th>
              <td class="num">{line.now}</td>
              <td class="num muted">{line.before}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** "62 % of 140": a share never stands without its counts. */
const share = (s: Share): string =>
  s.denominator === 0
    ? t('quality.none')
    : t('quality.of', { share: percent(s.share), of: number(s.denominator) });

const silence = (p: PeriodQuality): string =>
  p.silent_hours > 0 ? lasting(p.silent_hours) : t('quality.none');

const delay = (d: Delays | null): string =>
  d === null
    ? t('quality.none')
    : t('quality.delay', {
        median: lasting(d.median_hours),
        most: lasting(d.p90_hours),
        events: number(d.events),
      });

function Figures({ now, before, days }: { now: PeriodQuality; before: PeriodQuality; days: number }) {
  const count = (key: 'events' | 'corrected' | 'withdrawn' | 'loaded' | 'deliveries' | 'silences'): Line => ({
    name: t(`quality.count.${key}`),
    now: number(now[key]),
    before: number(before[key]),
  });
  const shared = (name: string, a: Share, b: Share | undefined): Line => ({
    name,
    now: share(a),
    before: b ? share(b) : t('quality.none'),
    share: a.share,
  });
  const reasons = [...new Set([...now.rejects, ...before.rejects].map((r) => r.reason))];
  const rejected = (period: PeriodQuality, reason: string): string => {
    const found = period.rejects.find((r) => r.reason === reason);
    if (!found) return '0';
    const { waiting, mended, not_cases, discarded } = found;
    return t('quality.rejected', {
      all: number(waiting + mended + not_cases + discarded),
      waiting: number(waiting),
      mended: number(mended),
    });
  };
  const precisions = [...new Set([...now.precision, ...before.precision].map((p) => p.precision))];
  const ofAll = (period: PeriodQuality, precision: string): Share => {
    const n = period.precision.find((p) => p.precision === precision)?.events ?? 0;
    return { numerator: n, denominator: period.events, share: period.events > 0 ? n / period.events : null };
  };
  return (
    <>
      <Table
        caption={t('quality.caption.came')}
        days={days}
        lines={[
          count('events'),
          count('corrected'),
          count('withdrawn'),
          count('loaded'),
          count('deliveries'),
          ...rowLines(now.rows, before.rows),
          count('silences'),
          {
            name: t('quality.silentHours'),
            now: silence(now),
            before: silence(before),
          },
        ]}
      />
      <Table
        caption={t('quality.caption.delays')}
        days={days}
        lines={[
          { name: t('quality.reported'), now: delay(now.reported), before: delay(before.reported) },
          { name: t('quality.received'), now: delay(now.received), before: delay(before.received) },
        ]}
      />
      <Table
        caption={t('quality.caption.fields')}
        days={days}
        lines={now.fields.map((f) =>
          shared(
            tWord('quality.field', f.field),
            f.known,
            before.fields.find((b) => b.field === f.field)?.known,
          ),
        )}
      />
      <Table
        caption={t('quality.caption.places')}
        days={days}
        lines={[
          ...precisions.map((p) => shared(tWord('precision', p), ofAll(now, p), ofAll(before, p))),
          shared(t('quality.disagrees'), now.place_disagrees, before.place_disagrees),
          shared(t('quality.outside'), now.outside_areas, before.outside_areas),
          shared(t('quality.fallback'), now.fallback, before.fallback),
        ]}
      />
      <Table
        caption={t('quality.caption.rejects')}
        days={days}
        lines={reasons.map((r) => ({
          name: tWord('reject', r),
          now: rejected(now, r),
          before: rejected(before, r),
        }))}
      />
    </>
  );
}

const ROWS = ['read', 'unchanged', 'duplicates', 'quarantined', 'mended', 'not_cases'] as const;

const rowLines = (now: DeliveredRows, before: DeliveredRows): Line[] =>
  ROWS.map((key) => ({ name: t(`quality.rows.${key}`), now: number(now[key]), before: number(before[key]) }));

function Points({ points }: { points: QualityDetail['fallback_points'] }) {
  if (points.length === 0) return null;
  return (
    <details>
      <summary>{t('quality.points', { n: points.length })}</summary>
      <ul class="small stack">
        {points.map((p, i) => (
          <li key={`${p.latitude}${p.longitude}${i}`}>
            {typeof p.latitude === 'number' && typeof p.longitude === 'number'
              ? `${p.latitude.toFixed(5)}, ${p.longitude.toFixed(5)}: `
              : ''}
            {share(p.events)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Gaps({ data }: { data: QualityDetail }) {
  const { byId } = useAreas();
  if (data.gaps.length === 0) return null;
  return (
    <details open={data.gaps.some((g) => !g.closed_at)}>
      <summary>{t('quality.gaps', { n: data.gaps.length })}</summary>
      <ul class="small stack">
        {data.gaps.map((gap) => (
          <li key={gap.id}>
            {sayGap(gap, byId)}
            {gap.closed_at && (
              <>
                {' '}
                {t('quality.gapOver')} <Ago at={gap.closed_at} />.
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Deliveries({ deliveries }: { deliveries: QualityDetail['deliveries'] }) {
  if (deliveries.length === 0) return null;
  return (
    <details>
      <summary>{t('quality.deliveries')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap" tabIndex={0} aria-label={t('quality.deliveries')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('quality.delivery.at')}</th>
              <th scope="col">{t('quality.delivery.origin')}</th>
              {ROWS.map((key) => (
                <th scope="col" class="num" key={key}>
                  {t(`quality.rows.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {deliveries.map((d) => (
              <tr key={`${d.at}${d.origin}`}>
                <th scope="row">
                  <Ago at={d.at} />
                </th>
                <td>{d.origin === 'api' ? t('quality.delivery.requests') : d.origin}</td>
                {ROWS.map((key) => (
                  <td class="num" key={key}>
                    {number(d.rows[key])}
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

function NotCases({ rows }: { rows: QualityDetail['not_cases'] }) {
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{t('admin.notCases')}</summary>
      <ul class="small stack">
        {rows.slice(0, 40).map((row) => (
          <li key={row.label}>
            <Said>{row.label}</Said> · {number(row.rows)}
          </li>
        ))}
      </ul>
    </details>
  );
}
