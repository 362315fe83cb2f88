import { beforeEach, describe, expect, it } from 'vitest';
import { fill, language } from '../src/i18n';
import * as format from '../src/i18n/format';
import { me } from '../src/state/session';

const person = {
  user: { id: '1', login: 'a', name: 'A', role: 'liaison' as const, catchment: [] },
  audience: 'aggregate' as const,
  jurisdiction: { id: 'me', name: 'Maine', zone: 'America/New_York' },
  demo: false,
  language: 'en',
};

beforeEach(() => {
  language.value = 'en';
  me.value = person;
});

describe('chance in words', () => {
  it('grows from days to months to years', () => {
    expect(format.onceIn(30)).toBe('about once in 30 days');
    expect(format.onceIn(274)).toBe('about once in 9 months');
    expect(format.onceIn(1100)).toBe('about once in 3 years');
    expect(format.onceIn(1)).toBe('about once in 1 day');
    expect(format.onceIn(1e9)).toBe('less than once in 100 years');
  });

  it('matches the tiers in its certainty', () => {
    expect(format.certaintyOf(99)).toBe('hint');
    expect(format.certaintyOf(100)).toBe('fairly');
    expect(format.certaintyOf(365)).toBe('very');
  });
});

describe('numbers', () => {
  it('never shows a small expectation as zero', () => {
    expect(format.expected(0.01)).toBe('< 0.1');
    expect(format.expected(0)).toBe('0.0');
    expect(format.expected(1.24)).toBe('1.2');
    expect(format.expected(12.4)).toBe('12');
  });

  it('says neither 0 % nor 100 % of what is only likely', () => {
    expect(format.percent(0.004)).toBe('< 1 %');
    expect(format.percent(0.996)).toBe('> 99 %');
    expect(format.percent(0.414)).toBe('41 %');
  });

  it('tells a missing value from a zero', () => {
    expect(format.number(null)).toBe('–');
    expect(format.number(0)).toBe('0');
  });
});

describe('days and times', () => {
  it('does not shift a calendar day by a zone', () => {
    expect(format.day('2026-03-08')).toBe('Mar 8, 2026');
    expect(format.addDays('2026-03-08', 1)).toBe('2026-03-09');
    expect(format.daysBetween('2026-02-27', '2026-03-01')).toBe(2);
  });

  it('takes today from the jurisdiction and not from the device', () => {
    expect(format.today(new Date('2026-11-22T03:00:00Z'))).toBe('2026-11-21');
    expect(format.today(new Date('2026-11-22T06:00:00Z'))).toBe('2026-11-22');
  });

  it('shows a shift that crosses midnight by its hours', () => {
    expect(format.shift('2026-01-05T23:00:00Z', '2026-01-06T07:00:00Z')).toBe('Jan 5 18:00–02:00');
  });

  it('counts hours left down to none', () => {
    const now = Date.parse('2026-11-22T00:00:00Z');
    expect(format.hoursLeft('2026-11-22T09:30:00Z', now)).toBe(9);
    expect(format.hoursLeft('2026-11-21T09:30:00Z', now)).toBe(0);
  });

  it('says how long ago in the largest fitting unit', () => {
    const now = Date.parse('2026-11-22T12:00:00Z');
    expect(format.ago('2026-11-22T11:48:00Z', now)).toBe('12 min. ago');
    expect(format.ago('2026-11-22T02:00:00Z', now)).toBe('10 hr. ago');
    expect(format.ago('2026-11-13T12:00:00Z', now)).toBe('9 days ago');
  });
});

describe('messages', () => {
  it('choose by the plural rule and fill names in', () => {
    expect(fill('{n} row|{n} rows', { n: 1 }, 'en')).toBe('1 row');
    expect(fill('{n} row|{n} rows', { n: 0 }, 'en')).toBe('0 rows');
    expect(fill('to {place}', { place: 'Old Town' }, 'en')).toBe('to Old Town');
  });

  it('leave a name alone that nobody fills in', () => {
    expect(fill('to {place}', {}, 'en')).toBe('to {place}');
  });
});
