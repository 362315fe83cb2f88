// A rule and what it can see, in the reader's language.
import type { AlertRule, RuleArea, RulePlaces, RuleRow } from '../api/rule-types';
import { type Key, t, tWord } from '../i18n';
import { number } from '../i18n/format';

/** A number of alerts a year: "12", "3.7", "0.75". */
export function perYear(value: number): string {
  if (value >= 10) return number(value);
  const digits = value >= 1 ? 1 : 2;
  return number(Number(value.toFixed(digits)), Number.isInteger(Number(value.toFixed(digits))) ? 0 : digits);
}

/** The built-in rules have names in every language; others the one that a person gave them. */
export function ruleName(rule: Pick<RuleRow, 'id' | 'name' | 'built_in' | 'changed'>): string {
  return rule.built_in && !rule.changed ? tWord('rules.name', rule.id) : rule.name;
}

/** "any of 16 counties", "the area chosen". */
export function placesText(places: RulePlaces, areas: number): string {
  if (places.look_at === 'clusters') return t('rules.places.clusters');
  if (places.look_at === 'each_of')
    return t('rules.places.each', { n: areas, kind: tWord('levels', places.kind) });
  return t('rules.places.areas', { n: areas });
}

export function ruleSentence(rule: RuleRow): string {
  const key: Key = rule.places.look_at === 'clusters' ? 'rules.says.clusters' : 'rules.says.areas';
  return t(key, {
    what: tWord('measures', rule.measure),
    places: placesText(rule.places, rule.areas),
    each: perYear(rule.false_alerts_per_year),
    all: perYear(rule.false_alerts_in_all),
  });
}

/** How often something is noticed, as a person would say it. */
export function oneIn(p: number | null): string {
  if (p === null) return '–';
  if (p < 0.01) return t('rules.seen.hardly');
  if (p < 0.45) return t('rules.seen.oneIn', { n: Math.round(1 / p) });
  if (p < 0.95) return t('rules.seen.inTen', { n: Math.round(10 * p) });
  return t('rules.seen.nearly');
}

/** Why an area is not judged, or nothing. */
export const unjudged = (area: RuleArea): boolean => area.usual_per_day === null;

/** An id that no rule has yet, from the name that a person gave. */
export function newId(name: string, taken: readonly string[]): string {
  const slug =
    name
      .normalize('NFD')
      .replace(/[\u0300-\u036f]/g, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 58) || 'rule';
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? slug : `${slug}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** What is sent to set a rule: the words of it alone. */
export function asSet(rule: AlertRule): Omit<AlertRule, 'id' | 'changed_at' | 'changed_by'> {
  const { name, places, measure, tier, false_alerts_per_year, enabled } = rule;
  return { name, places, measure, tier, false_alerts_per_year, enabled };
}
