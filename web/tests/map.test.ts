import { describe, expect, it } from 'vitest';
import { type Row, rowsOfForecasts, sorted } from '../src/map/cell-table';
import { classesOf, LAYERS, labelOf, resolutionAt, stepExpression } from '../src/map/classes';
import { type Label, visibleLabels } from '../src/map/labels';
import { layersOf, type Scene, tilesOf } from '../src/map/style';
import { newestDay, readView } from '../src/map/window';

const scene = (more: Partial<Scene> = {}): Scene => ({
  layer: 'ratio',
  kind: 'overdose',
  from: '2026-11-08',
  to: '2026-11-21',
  follows: true,
  clusters: true,
  cell: null,
  dark: false,
  resolution: 8,
  revision: 0,
  ...more,
});

describe('classes', () => {
  it.each(['observed', 'ratio', 'forecast'] as const)('of %s touch one another and end open', (layer) => {
    const classes = classesOf(layer, false);
    classes.slice(1).forEach((c, i) => {
      expect(c.from).toBe(classes[i]?.to);
    });
    expect(classes.at(-1)?.to).toBeNull();
    expect(new Set(classes.map((c) => c.colour)).size).toBe(classes.length);
  });

  it('are brighter upwards on dark and darker upwards on light', () => {
    const light = classesOf('observed', false).map((c) => c.colour);
    expect(classesOf('observed', true).map((c) => c.colour)).toEqual([...light].reverse());
  });

  it('carry their limits in the legend', () => {
    expect(classesOf('observed', false).map((c) => labelOf('observed', c))).toEqual([
      '1',
      '2',
      '3–4',
      '5–7',
      '8–11',
      '12–19',
      '≥ 20',
    ]);
    expect(labelOf('ratio', { from: 1.25, to: 2, colour: '' })).toBe('1.25–2×');
    expect(labelOf('forecast', { from: 0.05, to: 0.1, colour: '' })).toBe('5–10 %');
  });

  it('give the map the same limits as the legend', () => {
    const classes = classesOf('ratio', false);
    const limits = stepExpression('ratio', classes)
      .slice(3)
      .filter((_, i) => i % 2 === 0);
    expect(limits).toEqual(classes.slice(1).map((c) => c.from));
  });
});

describe('the layer of hot spots', () => {
  it('draws its own hexagons and hatches those that say too little', () => {
    const layers = layersOf(scene({ layer: 'hotspots' }));
    const source = (id: string) => {
      const layer = layers.find((l) => l.id === id);
      return layer && 'source' in layer ? layer.source : undefined;
    };
    for (const id of ['hexagons', 'hexagon-edges', 'hexagons-little', 'chosen'])
      expect(source(id)).toBe('hotspots');
    expect(readView(new URLSearchParams('layer=hotspots'), '2026-11-21').layer).toBe('hotspots');
    expect(readView(new URLSearchParams('layer=lava'), '2026-11-21').layer).toBe('ratio');
  });
});

describe('scenes', () => {
  it.each(LAYERS.flatMap((layer) => [true, false].map((dark) => [layer, dark] as const)))(
    '%s (dark: %s) has every layer once',
    (layer, dark) => {
      const ids = layersOf(scene({ layer, dark })).map((l) => l.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.includes('hexagons')).toBe(layer !== 'clusters');
    },
  );

  it('ask for tiles again when something live changed, but not for boundaries', () => {
    const [before, after] = [tilesOf(scene()), tilesOf(scene({ revision: 1 }))];
    expect(after.cells).not.toBe(before.cells);
    expect(after.areas).toBe(before.areas);
  });

  it('draw hexagons that can be seen', () => {
    expect(resolutionAt(6)).toBe(5);
    expect(resolutionAt(8)).toBe(6);
    expect(resolutionAt(9)).toBe(7);
    expect(resolutionAt(12)).toBe(8);
  });
});

describe('the window', () => {
  it('ends on the newest day unless the address says otherwise', () => {
    expect(readView(new URLSearchParams(), '2026-11-21')).toMatchObject({
      from: '2026-11-08',
      to: '2026-11-21',
      follows: true,
    });
    expect(readView(new URLSearchParams('to=2026-10-31&days=7'), '2026-11-21')).toMatchObject({
      from: '2026-10-25',
      to: '2026-10-31',
      follows: false,
    });
  });

  it('takes nonsense in the address for nothing said', () => {
    const view = readView(new URLSearchParams('to=yesterday&days=-4&layer=heat&kind=crime'), '2026-11-21');
    expect(view).toMatchObject({ to: '2026-11-21', from: '2026-11-08', layer: 'ratio', kind: 'overdose' });
  });

  it('follows today while data flow, and the data where they end long ago', () => {
    expect(newestDay('2026-11-20', '2026-11-21')).toBe('2026-11-21');
    expect(newestDay('2019-06-30', '2026-11-21')).toBe('2019-06-30');
    expect(newestDay(null, '2026-11-21')).toBe('2026-11-21');
  });
});

describe('the table', () => {
  const row = (cell: string, observed: number, ratio: number | null): Row => ({
    cell,
    place_name: cell,
    observed,
    expected: 1,
    ratio,
    forecast_p: null,
  });

  it('puts what is not known last, either way round', () => {
    const rows = [row('a', 1, null), row('b', 2, 4), row('c', 3, 2)];
    expect(sorted(rows, { column: 'ratio', descending: true }).map((r) => r.cell)).toEqual(['b', 'c', 'a']);
    expect(sorted(rows, { column: 'ratio', descending: false }).map((r) => r.cell)).toEqual(['c', 'b', 'a']);
  });

  it('lists forecasts likeliest first and leaves out those of no hexagon', () => {
    const forecast = (cell: string | null, p: number) => ({
      run: '',
      issued: '2026-11-20',
      level: 'cell' as const,
      cell,
      area: null,
      kind: 'overdose' as const,
      window: { from: '2026-11-21', to: '2026-11-27' },
      method: { name: 'history', version: 1, seed: null },
      mean: p,
      quantiles: [],
      p_at_least_one: p,
      history_mean: p,
      caveat: '',
    });
    expect(
      rowsOfForecasts([forecast('x', 0.1), forecast(null, 0.9), forecast('y', 0.4)]).map((r) => r.cell),
    ).toEqual(['y', 'x']);
  });
});

describe('labels', () => {
  const label = (name: string, lon: number, weight: number): Label => ({
    name,
    lat: 0,
    lon,
    kind: 'town',
    weight,
  });
  const project = (l: Label) => ({ x: l.lon, y: 50 });

  it('name the larger of two that would overlap', () => {
    const shown = visibleLabels(
      [label('Small', 100, 1), label('Large', 110, 9), label('Far', 400, 1)],
      10,
      800,
      600,
      project,
    );
    expect(shown.map((l) => l.name)).toEqual(['Large', 'Far']);
  });

  it('leave out what is off the screen', () => {
    expect(visibleLabels([label('Off', 900, 1)], 10, 800, 600, project)).toEqual([]);
  });
});
