import { describe, expect, it } from 'vitest';
import type { Hotspot, HotspotCategory } from '../src/api/types';
import { sortedHotspots } from '../src/map/hotspot-table';
import { colourOf, GROUPS, groupOf, matchExpression, recentWeeks, sentence } from '../src/map/hotspots';

const hotspot = (more: Partial<Hotspot> = {}): Hotspot => ({
  cell: '872badd06ffffff',
  centre: { lat: 44, lon: -70 },
  place_name: 'Lewiston',
  area: 'me',
  category: 'intensifying_hot',
  previous: null,
  since: null,
  events: 40,
  nearby_events: 55,
  weeks_hot: 80,
  weeks_cold: 0,
  recent: '..hh?.hhhhhhh..',
  z: 4,
  p_value: 0.001,
  trend_z: 2,
  trend_p: 0.04,
  ...more,
});

describe('a hot spot', () => {
  it('is said in a sentence that counts the weeks with data', () => {
    expect(recentWeeks(hotspot())).toEqual({ weeks: 14, hot: 9, cold: 0, unknown: 1 });
    expect(sentence(hotspot(), 10)).toBe('Hot in 9 of the last 14 weeks, and more so lately.');
    expect(sentence(hotspot({ category: 'no_pattern', recent: '....' }), 10)).toBe(
      'Not hot in any of the last 4 weeks.',
    );
    expect(sentence(hotspot({ category: 'sporadic_cold', recent: 'c..c' }), 10)).toBe(
      'Quieter than elsewhere in 2 of the last 4 weeks.',
    );
  });

  it('of few events says how many it takes', () => {
    expect(sentence(hotspot({ category: null, nearby_events: 4 }), 10)).toBe(
      'Too few to say: 4 reported here and next door, 10 are needed.',
    );
  });

  it('has a sentence for every hot category', () => {
    const kinds = ['new', 'consecutive', 'intensifying', 'persistent'] as const;
    const more = ['diminishing', 'sporadic', 'oscillating', 'historical'] as const;
    const said = [...kinds, ...more].map((kind) => sentence(hotspot({ category: `${kind}_hot` }), 10));
    expect(new Set(said).size).toBe(8);
  });
});

describe('groups of hot spots', () => {
  it('have a colour each, but for those that say nothing', () => {
    for (const dark of [false, true]) {
      const told = GROUPS.filter((group) => group !== 'few').map((group) => colourOf(group, dark));
      expect(new Set(told).size).toBe(told.length);
    }
  });

  it('are drawn in the colours of the legend', () => {
    const expression = matchExpression(false);
    const drawn = (category: HotspotCategory) => expression[expression.indexOf(category) + 1];
    expect(drawn('new_hot')).toBe(colourOf(groupOf('new_hot'), false));
    expect(drawn('historical_cold')).toBe(colourOf('quiet', false));
    expect(expression.at(-1)).toBe(colourOf('few', false));
  });

  it('can be sorted by pattern, by weeks and by name', () => {
    const rows = [
      hotspot({ cell: 'a', category: 'no_pattern', recent: 'h...', place_name: 'B' }),
      hotspot({ cell: 'b', category: null, place_name: 'C' }),
      hotspot({ cell: 'c', category: 'new_hot', recent: '...h', place_name: 'A' }),
      hotspot({ cell: 'd', category: 'persistent_hot', recent: 'hhhh', place_name: 'D' }),
    ];
    const by = (column: 'pattern' | 'weeks' | 'place_name', descending: boolean) =>
      sortedHotspots(rows, { column, descending })
        .map((row) => row.cell)
        .join('');
    expect([by('pattern', true), by('weeks', true), by('place_name', false)]).toEqual([
      'cdab',
      'dacb',
      'cabd',
    ]);
  });
});
