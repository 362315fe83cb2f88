// One hexagon's hot spot: a sentence, and its last weeks as a strip.
import type { Hotspot, HotspotSummary } from '../api/types';
import { t } from '../i18n';
import { addDays, day, number } from '../i18n/format';
import { dark } from '../state/prefs';
import { colourOf, sentence } from './hotspots';

const WIDTH = 9;
const HEIGHT = 14;

export function HotspotWeeks({ hotspot, summary }: { hotspot: Hotspot; summary: HotspotSummary }) {
  const said = sentence(hotspot, summary.needed);
  const weeks = [...hotspot.recent];
  const firstDay = addDays(summary.weeks.to, 1 - 7 * weeks.length);
  const { category, since } = hotspot;
  return (
    <section class="stack" aria-label={t('hotspot.title')}>
      <p>{said}</p>
      {category !== null && (
        <>
          <svg
            width={weeks.length * WIDTH}
            height={HEIGHT}
            viewBox={`0 0 ${weeks.length * WIDTH} ${HEIGHT}`}
            role="img"
            aria-label={said}
          >
            {weeks.map((letter, i) => (
              <Week key={addDays(firstDay, 7 * i)} letter={letter} at={i} from={addDays(firstDay, 7 * i)} />
            ))}
          </svg>
          <p class="small muted">
            {t(`hotspot.category.${category}`)}
            {since !== null && <>, {t('hotspot.since', { day: day(since) })}</>} ·{' '}
            {t('hotspot.events', { n: hotspot.events, nearby: number(hotspot.nearby_events) })}
          </p>
        </>
      )}
    </section>
  );
}

/** Filled: hot or quiet. An edge alone: neither. A dash: no data. */
function Week({ letter, at, from }: { letter: string; at: number; from: string }) {
  const x = at * WIDTH;
  if (letter === '?')
    return <path d={`M${x + 2} ${HEIGHT / 2}h${WIDTH - 4}`} stroke="currentColor" stroke-opacity="0.6" />;
  const hot = letter === 'h';
  const fill = hot
    ? colourOf('growing', dark.value)
    : letter === 'c'
      ? colourOf('quiet', dark.value)
      : 'none';
  return (
    <rect
      x={x + 0.5}
      y="0.5"
      width={WIDTH - 2}
      height={HEIGHT - 1}
      fill={fill}
      stroke="currentColor"
      stroke-opacity="0.4"
    >
      <title>{`${day(from)}: ${t(hot ? 'hotspot.week.hot' : letter === 'c' ? 'hotspot.week.cold' : 'hotspot.week.neither')}`}</title>
    </rect>
  );
}
