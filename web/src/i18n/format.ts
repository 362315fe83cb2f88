// Numbers, days, times and chances in words. Days are calendar days and never shifted by a zone; times
// are shown in the jurisdiction's zone.
import { zone } from '../state/session';
import { language, t } from './index';

const DAY_MS = 86_400_000;

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return new Intl.NumberFormat(language.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** Expected counts: one decimal below 10, none above, and never a bare 0.0. */
export function expected(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value > 0 && value < 0.05) return `< ${number(0.1, 1)}`;
  return number(value, value < 9.95 ? 1 : 0);
}

export function range(pair: readonly [number, number] | null | undefined): string {
  return pair ? `${number(pair[0])}–${number(pair[1])}` : '–';
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  if (share > 0 && share < 0.01) return `< 1 %`;
  if (share < 1 && share > 0.99) return `> 99 %`;
  return `${number(share * 100)} %`;
}

export function times(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return '–';
  return `${number(ratio, ratio < 9.95 ? 1 : 0)}×`;
}

/** "about once in 9 months": how often chance alone would do this. */
export function onceIn(days: number): string {
  const about = (n: number) => (n < 2 ? Math.max(1, Math.round(n)) : Math.round(n));
  if (days < 60) return t('chance.days', { n: about(days) });
  if (days < 730) return t('chance.months', { n: about(days / 30.44) });
  if (days < 36_525) return t('chance.years', { n: about(days / 365.25) });
  return t('chance.rarer');
}

export type Certainty = 'very' | 'fairly' | 'hint';

/** How sure a signal of this rarity is, in three steps that match the tiers. */
export function certaintyOf(recurrenceDays: number): Certainty {
  if (recurrenceDays >= 365) return 'very';
  return recurrenceDays >= 100 ? 'fairly' : 'hint';
}

/** p as people of the field write it. */
export function pValue(p: number): string {
  return p < 0.0001 ? 'p < 0.0001' : `p = ${number(p, p < 0.01 ? 4 : 3)}`;
}

export function ago(iso: string, now = Date.now()): string {
  const minutes = Math.round((now - Date.parse(iso)) / 60_000);
  const relative = new Intl.RelativeTimeFormat(language.value, { numeric: 'auto', style: 'short' });
  if (Math.abs(minutes) < 1) return t('time.now');
  if (Math.abs(minutes) < 60) return relative.format(-minutes, 'minute');
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 36) return relative.format(-hours, 'hour');
  return relative.format(-Math.round(hours / 24), 'day');
}

/** Whole hours until a moment, at least 0. */
export function hoursLeft(iso: string, now = Date.now()): number {
  return Math.max(0, Math.floor((Date.parse(iso) - now) / 3_600_000));
}

export function exactTime(iso: string): string {
  return new Intl.DateTimeFormat(language.value, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: zone.value,
  }).format(new Date(iso));
}

/** "Tue 18 Nov 04:10": for what began within the last weeks. */
export function weekdayTime(iso: string): string {
  return new Intl.DateTimeFormat(language.value, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone.value,
  }).format(new Date(iso));
}

export function clock(iso: string): string {
  return new Intl.DateTimeFormat(language.value, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone.value,
  }).format(new Date(iso));
}

const dayFormat = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language.value, { timeZone: 'UTC', ...options });

const asDate = (day: string) => new Date(`${day}T00:00:00Z`);

export function day(iso: string): string {
  return dayFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(asDate(iso));
}

export function dayShort(iso: string): string {
  return dayFormat({ day: 'numeric', month: 'short' }).format(asDate(iso));
}

export function days(from: string, to: string): string {
  if (from === to) return day(from);
  return dayFormat({ day: 'numeric', month: 'short', year: 'numeric' }).formatRange(asDate(from), asDate(to));
}

export function addDays(iso: string, n: number): string {
  return new Date(asDate(iso).getTime() + n * DAY_MS).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((asDate(to).getTime() - asDate(from).getTime()) / DAY_MS);
}

/** Today as the jurisdiction's calendar has it. */
export function today(now = new Date()): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone.value,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(now);
}

/** A shift: "tonight 18:00–02:00", "today …", or the day and its hours. */
export function shift(starts: string, ends: string): string {
  const hours = `${clock(starts)}–${clock(ends)}`;
  const startDay = today(new Date(starts));
  if (startDay !== today()) return `${dayShort(startDay)} ${hours}`;
  return `${Number(clock(starts).slice(0, 2)) >= 17 ? t('time.tonight') : t('time.today')} ${hours}`;
}
