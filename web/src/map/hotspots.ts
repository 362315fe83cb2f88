// Hot spots: seventeen categories in a handful of groups, how these are coloured, and what is said of one place.
import type { Hotspot, HotspotCategory } from '../api/types';
import { t } from '../i18n';
import { number } from '../i18n/format';
import { HEAT, NEUTRAL, TEAL } from './classes';

/** In the order of the legend and of the service's list: what calls for a look first stands first. */
export const GROUPS = ['growing', 'lasting', 'onoff', 'fading', 'none', 'quiet', 'few'] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Record<HotspotCategory, Group> = {
  new_hot: 'growing',
  consecutive_hot: 'growing',
  intensifying_hot: 'growing',
  persistent_hot: 'lasting',
  sporadic_hot: 'onoff',
  oscillating_hot: 'onoff',
  diminishing_hot: 'fading',
  historical_hot: 'fading',
  new_cold: 'quiet',
  consecutive_cold: 'quiet',
  intensifying_cold: 'quiet',
  persistent_cold: 'quiet',
  diminishing_cold: 'quiet',
  sporadic_cold: 'quiet',
  oscillating_cold: 'quiet',
  historical_cold: 'quiet',
  no_pattern: 'none',
};

export const groupOf = (category: HotspotCategory | null): Group => (category ? GROUP_OF[category] : 'few');

/** The tiles' word for a cell of which nothing can be said. */
export const TOO_FEW = 'too_few';

export function colourOf(group: Group, dark: boolean): string {
  const ramp = dark ? [...HEAT].reverse() : HEAT;
  const tone = dark ? 'dark' : 'light';
  const step = { growing: 5, lasting: 4, onoff: 3, fading: 1 } as const;
  if (group === 'quiet') return TEAL[tone];
  if (group === 'none' || group === 'few') return NEUTRAL[tone];
  return ramp[step[group]] ?? NEUTRAL[tone];
}

/** A MapLibre `match` expression from the category of a tile's feature to its colour. */
export function matchExpression(dark: boolean): unknown[] {
  const pairs = Object.entries(GROUP_OF).flatMap(([category, group]) => [category, colourOf(group, dark)]);
  return ['match', ['get', 'category'], ...pairs, colourOf('few', dark)];
}

const count = (letters: string, letter: string) => letters.split(letter).length - 1;

/** Hot and cold weeks among the recent ones with data. */
export function recentWeeks({ recent }: Pick<Hotspot, 'recent'>) {
  const unknown = count(recent, '?');
  return { weeks: recent.length - unknown, hot: count(recent, 'h'), cold: count(recent, 'c'), unknown };
}

/** One place in a plain sentence. */
export function sentence(hotspot: Hotspot, needed: number): string {
  const { weeks, hot, cold } = recentWeeks(hotspot);
  const { category } = hotspot;
  if (category === null)
    return t('hotspot.few', { n: number(hotspot.nearby_events), needed: number(needed) });
  const values = { hot: number(hot), cold: number(cold), weeks: number(weeks) };
  if (groupOf(category) === 'quiet') return t('hotspot.said.quiet', values);
  if (category === 'no_pattern')
    return t(hot === 0 ? 'hotspot.said.never' : 'hotspot.said.no_pattern', values);
  return t(`hotspot.said.${category as HotCategory}`, values);
}

type HotCategory = Extract<HotspotCategory, `${string}_hot`>;
