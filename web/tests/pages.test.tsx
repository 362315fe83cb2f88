import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstMends, groupSentence, mendText } from '../src/admin/words';
import { actionsOf } from '../src/alerts/actions';
import { outlinePath } from '../src/alerts/outline-path';
import type { RejectGroup, SourceQuality } from '../src/api/quality-types';
import type { Area, BriefPlace, DataGap, TrendSeries, Trends } from '../src/api/types';
import { directions } from '../src/brief/directions';
import { inOrder } from '../src/brief/follow-ups';
import { readAbout } from '../src/brief/log-sheet';
import { inOneLine } from '../src/brief/place-card';
import { plan, planOf } from '../src/brief/plans';
import { blocks } from '../src/quality/markdown';
import { lasting, sourceSentence } from '../src/quality/words';
import { newId, oneIn, perYear, ruleSentence } from '../src/rules/words';
import { pathThrough } from '../src/trends/chart';
import { pathOf, readQuestion } from '../src/trends/question';
import { chosenSeries, intervalOf, nowcastOf, valuesOf } from '../src/trends/values';
import { areasOf } from '../src/ui/areas';
import { CountChart, sayNowcast } from '../src/ui/count-chart';
import { sayGap, TierMark } from '../src/ui/parts';
import { niceTop } from '../src/ui/width';

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement('div');
  document.body.append(root);
});
afterEach(() => {
  render(null, root);
  root.remove();
  vi.unstubAllGlobals();
});

const place = (alert: string) => ({ alert, cells: [], name: alert }) as unknown as BriefPlace;

describe('directions', () => {
  const to = { lat: 44.80123, lon: -68.77654 };

  it('open the maps of the phone', () => {
    expect(directions(to, 'Main St', 'Android 15')).toBe(
      'geo:44.80123,-68.77654?q=44.80123,-68.77654(Main%20St)',
    );
    expect(directions(to, 'Main St', 'iPhone')).toBe('https://maps.apple.com/?daddr=44.80123,-68.77654');
  });
});

describe('what is missing', () => {
  const area = (id: string, kind: Area['kind'], name: string) => [id, { id, kind, name } as Area] as const;
  const areas = new Map([
    area('me', 'state', 'Maine'),
    area('penobscot', 'county', 'Penobscot'),
    area('bangor', 'town', 'Bangor'),
  ]);
  const gap: DataGap = {
    id: '1',
    source: 'police',
    source_name: 'Bangor Police',
    kind: 'silent',
    since: '2025-11-18T04:10:00Z',
    usual_per_day: 6,
    events: 0,
    areas: ['bangor', 'me', 'penobscot'],
  };

  it('is said with the feed, since when, what is usual and what waits', () => {
    const said = sayGap(gap, areas);
    expect(said).toMatch(/^Bangor Police: nothing since Tue.* 18.*; usual 6(\.0)? a day\./);
    expect(said).toMatch(/Conclusions for Penobscot wait\.$/);
    expect(sayGap({ ...gap, usual_per_day: null, areas: [] }, areas)).not.toMatch(/usual|wait/);
  });

  it('says of a batch without times of its own that it is not counted', () => {
    const said = sayGap({ ...gap, kind: 'stamped', events: 30 }, areas);
    expect(said).toMatch(/30 events came at .* they are not counted as a spike\.$/);
  });
});

describe('a nowcast', () => {
  const late = { expected: 8.5, lo50: 8, hi50: 9, lo: 7, hi: 11, share_known: 0.7 };
  const series = {
    id: 'a',
    name: 'A',
    population: 1000,
    values: [4, 6],
    rate: [40, 60],
    nowcast: [null, late],
  } as TrendSeries;

  it('says what is known and what it comes to', () => {
    expect(sayNowcast(6, late)).toBe('6 so far; 7 to 11 when all reports are in');
  });

  it('is a rate where rates are asked for, and nothing where all is in', () => {
    expect(nowcastOf(series, 0, 'count')).toBeNull();
    expect(nowcastOf(series, 1, 'count')).toEqual(late);
    expect(nowcastOf(series, 1, 'rate')).toMatchObject({ lo: 70, hi: 110 });
  });

  it('is drawn behind the hollow bar', () => {
    const point = { from: '2025-11-18', to: '2025-11-18', expected: 3, lo: 0, hi: 7 };
    render(
      <CountChart
        label="Curve"
        points={[
          { ...point, count: 4, complete: true },
          { ...point, from: '2025-11-19', to: '2025-11-19', count: 6, complete: false, nowcast: late },
        ]}
      />,
      root,
    );
    expect(root.querySelectorAll('.nowcast .outer')).toHaveLength(1);
    expect(root.querySelectorAll('.bar.hollow')).toHaveLength(1);
    expect(root.textContent).toContain('7–11');
  });
});

describe('plans of a shift', () => {
  it('end with the shift', () => {
    plan(place('a'), { kind: 'aside', why: 'time' }, '2026-11-22T07:00:00Z');
    expect(planOf(place('a'), '2026-11-22T07:00:00Z')).toEqual({ kind: 'aside', why: 'time' });
    expect(planOf(place('a'), '2026-11-23T07:00:00Z')).toBeNull();
    plan(place('a'), null, '2026-11-22T07:00:00Z');
    expect(planOf(place('a'), '2026-11-22T07:00:00Z')).toBeNull();
  });
});

describe('the brief', () => {
  it('sets sentences after one another and fragments apart', () => {
    expect(inOneLine(['Last visit six days ago.', 'Four kits left.'])).toBe(
      'Last visit six days ago. Four kits left.',
    );
    expect(inOneLine(['Last visit 9 days ago', '14 kits left'])).toBe('Last visit 9 days ago · 14 kits left');
  });

  it('puts follow-ups that can still be made in time first', () => {
    const due = (id: string, due_by: string) => ({ id, due_by }) as never;
    const now = Date.parse('2026-11-22T12:00:00Z');
    const items = [
      due('long ago', '2026-11-01T00:00:00Z'),
      due('tomorrow', '2026-11-23T00:00:00Z'),
      due('just late', '2026-11-22T11:00:00Z'),
      due('soon', '2026-11-22T13:00:00Z'),
    ];
    expect(inOrder(items, now).map((item) => item.id)).toEqual(['soon', 'tomorrow', 'just late', 'long ago']);
  });
});

describe('a visit', () => {
  it('takes what it is about from the address', () => {
    expect(readAbout(new URLSearchParams('log=follow_up&follow_up=f1&at_area=me-penobscot'))).toEqual({
      trigger: 'follow_up',
      followUp: 'f1',
      alert: null,
      cell: null,
      area: 'me-penobscot',
    });
    expect(readAbout(new URLSearchParams('log=1')).trigger).toBe('other');
  });
});

describe('alerts', () => {
  it('offer only what can follow', () => {
    expect(actionsOf('open')).toEqual(['acknowledge', 'investigate', 'dismiss']);
    expect(actionsOf('dismissed')).toEqual(['reopen']);
    expect(actionsOf('over')).toEqual([]);
  });

  it('draw an outline inside its square, north up', () => {
    const path = outlinePath(
      [
        [
          [
            [-68.8, 44.8],
            [-68.7, 44.8],
            [-68.75, 44.9],
            [-68.8, 44.8],
          ],
        ],
      ],
      120,
    );
    const numbers = (path ?? '').match(/[\d.]+/g)?.map(Number) ?? [];
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(120);
    const [, south, , , , north] = numbers;
    expect(north).toBeLessThan(south ?? 0);
    expect(outlinePath([], 120)).toBeNull();
  });

  it('tell the tiers apart by shape', () => {
    const shape = (tier: 'alert' | 'watch' | 'over') => {
      render(<TierMark tier={tier} />, root);
      return root.querySelector('svg')?.innerHTML;
    };
    expect(new Set([shape('alert'), shape('watch'), shape('over')]).size).toBe(3);
  });
});

describe('trends', () => {
  const trends: Trends = {
    buckets: [{ from: '2026-11-01', to: '2026-11-07' }],
    series: [1, 5, 3, 9, 2].map((n) => ({
      id: `c${n}`,
      name: `C${n}`,
      population: 1000,
      values: [n],
      rate: [null],
      rate_lo: [0.5],
      rate_hi: [2],
    })),
    measure: 'count',
    data: {
      as_of: null,
      computed_at: null,
      newest_event_at: null,
      last_received_at: null,
      silent_sources: [],
    },
  };

  it('draw the four largest until places are chosen', () => {
    expect(chosenSeries(trends, []).map((s) => s.id)).toEqual(['c9', 'c5', 'c3', 'c2']);
    expect(chosenSeries(trends, ['c1']).map((s) => s.id)).toEqual(['c1']);
  });

  it('keep a missing rate missing', () => {
    const first = trends.series[0];
    expect(first && valuesOf(first, 'rate')).toEqual([null]);
    expect(first && intervalOf(first, 0)).toEqual([0.5, 2]);
    expect(first && intervalOf(first, 7)).toBeNull();
  });

  it('break the line where a value is missing', () => {
    expect(
      pathThrough(
        [1, null, 2, 3],
        (i) => i,
        (v) => v,
      ),
    ).toBe('M0.0 1.0M2.0 2.0L3.0 3.0');
  });

  it('ask the same question of the API that stands in the address', () => {
    const question = readQuestion(
      new URLSearchParams('bucket=month&measure=rate&areas=a,b&from=2026-01-01'),
      '2026-11-21',
    );
    expect(pathOf(question, 'csv')).toBe(
      '/trends?kind=overdose&by=area&level=county&bucket=month&from=2026-01-01&to=2026-11-21&areas=a%2Cb&measure=rate&format=csv',
    );
  });
});

describe('the count chart', () => {
  const point = (n: number, complete = true) => ({
    from: `2026-11-0${n}`,
    to: `2026-11-0${n}`,
    count: n,
    expected: 1,
    lo: 0,
    hi: 3,
    complete,
  });

  it('draws hollow what is not complete and reads single days by the arrow keys', async () => {
    render(<CountChart points={[point(1), point(2), point(3, false)]} label="Counts" />, root);
    expect(root.querySelectorAll('rect.bar')).toHaveLength(3);
    expect(root.querySelectorAll('rect.hollow')).toHaveLength(1);
    root.querySelector('svg')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
    await vi.waitFor(() =>
      expect(root.querySelector('figcaption')?.textContent).toContain('Nov 3, 2026: 3 counted'),
    );
  });

  it('says the same as a table', () => {
    render(<CountChart points={[point(1), point(2)]} label="Counts" />, root);
    expect([...root.querySelectorAll('tbody th')].map((th) => th.textContent)).toEqual([
      'Nov 1, 2026',
      'Nov 2, 2026',
    ]);
  });

  it('ends its axis on a round number', () => {
    expect([0, 1, 7, 11, 120, 0.3].map(niceTop)).toEqual([1, 1, 8, 20, 200, 1]);
  });
});

describe('areas', () => {
  it('take the top of a partial tree for its root', () => {
    const area = (id: string, parent: string | null) => ({ id, parent, kind: 'county', name: id }) as never;
    expect(areasOf([area('me-penobscot', 'me')], []).root?.id).toBe('me-penobscot');
    expect(areasOf([area('me', null), area('me-york', 'me')], ['me-york']).own.map((a) => a.id)).toEqual([
      'me-york',
    ]);
  });

  it('of a county without a state: all towns are the own ones, and what figures are broken down by', () => {
    const town = (id: string) => ({ id, parent: null, kind: 'town', name: id }) as never;
    const areas = areasOf([town('a'), town('b')], []);
    expect([areas.own.length, areas.levels]).toEqual([2, ['town']]);
    expect(readQuestion(new URLSearchParams(''), '2026-11-21', areas.levels).level).toBe('town');
    expect(readQuestion(new URLSearchParams('level=county'), '2026-11-21', areas.levels).level).toBe('town');
  });
});

describe('alert rules in words', () => {
  const rule = {
    id: 'areas-alert',
    name: 'Areas',
    places: { look_at: 'each_of' as const, kind: 'county' as const },
    measure: 'overdoses',
    tier: 'alert' as const,
    false_alerts_per_year: 0.75,
    enabled: true,
    changed_at: null,
    changed_by: '',
    built_in: true,
    changed: false,
    areas: 16,
    false_alerts_in_all: 12,
    record: {
      name: '',
      sent: 0,
      confirmed: 0,
      dismissed: 0,
      dismissed_for: [],
      median_hours_to_acknowledge: null,
    },
    looked_back: null,
  };

  it('say where, what and what chance alone costs', () => {
    expect(ruleSentence(rule)).toBe(
      'When overdoses in any of 16 counties are above usual. By chance about 0.75 a year in each, 12 in all.',
    );
    expect(ruleSentence({ ...rule, places: { look_at: 'clusters' }, false_alerts_per_year: 3.6525 })).toBe(
      'When overdoses come close together in space and time. By chance about 3.7 a year.',
    );
  });

  it('tell how often a rise is noticed, never as certain', () => {
    expect([0.001, 0.25, 0.62, 0.99, null].map(oneIn)).toEqual([
      'less than 1 time in 100',
      '1 time in 4',
      '6 times in 10',
      'nearly always',
      '\u2013',
    ]);
    expect([12.2, 3.6525, 1, 0.234].map(perYear)).toEqual(['12', '3.7', '1', '0.23']);
  });

  it('get an id of their own from the name', () => {
    expect(newId('Condado Peñobscot, muertes!', [])).toBe('condado-penobscot-muertes');
    expect(newId('A', ['a', 'a-2'])).toBe('a-3');
    expect(newId('!!!', [])).toBe('rule');
  });
});

describe('data quality', () => {
  const source = (more: Partial<SourceQuality>): SourceQuality => ({
    source: 'ems',
    name: 'Ambulances',
    standing: 'as_usual',
    worse: null,
    events: 10,
    newest_event_at: null,
    last_received_at: null,
    rhythm: { usual_gap_hours: 6, longest_gap_hours: 20, quiet_hours: 31, silent_since: null },
    waiting: 0,
    waiting_most: null,
    ...more,
  });

  it('is told in a sentence with what is usual', () => {
    expect(sourceSentence(source({ standing: 'silent' }))).toBe('Quiet for 31 h; usually every 6 h.');
    expect(sourceSentence(source({ standing: 'rows_wait', waiting: 312, waiting_most: 'future_time' }))).toBe(
      '312 rows wait in quarantine, most often: time in the future.',
    );
    const share = (numerator: number, denominator: number) => ({
      numerator,
      denominator,
      share: numerator / denominator,
    });
    const worse = { what: 'field', field: 'outcome', now: share(52, 112), before: share(88, 88) } as const;
    expect(sourceSentence(source({ standing: 'worse', worse }))).toBe(
      'Outcome: known for 46 % of 112 in the last 28 days; 100 % of 88 in the 28 before.',
    );
    expect([lasting(0.2), lasting(71), lasting(200), lasting(null)]).toEqual([
      '12 min',
      '71 h',
      '8 days',
      '–',
    ]);
  });

  it('reads the pages about feeds', () => {
    expect(
      blocks(
        '# A title\n\nSome *text* over\ntwo lines with a [link](x.md).\n\n## Part\n- one\n  more\n- two\n',
      ),
    ).toEqual([
      { kind: 'heading', level: 1, text: 'A title' },
      { kind: 'text', text: 'Some text over two lines with a link.' },
      { kind: 'heading', level: 2, text: 'Part' },
      { kind: 'list', items: ['one more', 'two'] },
    ]);
  });
});

describe('rows with the same fault', () => {
  const group = (more: Partial<RejectGroup>): RejectGroup =>
    ({
      pattern: 'ahead by up to 1 year',
      field: 'when',
      sentence: 'said by the service',
      value: '05/03/2027 10:00',
      reason: 'future_time',
      suggested: [],
      example: { row: { when: '05/03/2027 10:00' } },
      ...more,
    }) as RejectGroup;

  it('say what is wrong with them all', () => {
    expect(groupSentence(group({}))).toBe(
      'when: the time lies ahead of its receipt by up to a year. 2027 for 2026?',
    );
    expect(groupSentence(group({ pattern: 'ahead by hours' }))).toMatch(/by hours. Another zone/);
    expect(groupSentence(group({ pattern: '"9/9" is not a time' }))).toBe('said by the service');
  });

  it('begin with the mend that fits', () => {
    const suggested = [{ do: 'shift_time', column: 'when', years: -1 }] as const;
    expect(firstMends(group({ suggested: [...suggested] }))).toEqual(suggested);
    expect(firstMends(group({ reason: 'unknown_value', field: 'dose', value: 'X2' }))).toEqual([
      { do: 'map_codes', column: 'dose', codes: { X2: '' } },
    ]);
    expect(firstMends(group({ reason: 'malformed' }))[0]?.do).toBe('not_ours');
    expect(mendText(suggested[0])).toBe('when is shifted by −1 year');
  });
});
