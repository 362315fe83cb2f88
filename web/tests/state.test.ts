import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, api, dataAge, withQuery } from '../src/api/client';
import { keepBrief, keptBrief } from '../src/state/kept-brief';
import { discard, logVisit, outbox, retryNow } from '../src/state/outbox';
import { go, patched, route, setQuery } from '../src/state/route';
import { pagesOf } from '../src/state/session';

const visit = {
  trigger: 'other' as const,
  mode: 'visit' as const,
  contacted: 'nobody' as const,
  consent: false,
  kits_given: 0,
  referrals: [],
};
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers });

let calls: { url: string; init: RequestInit }[] = [];
function network(...answers: (Response | 'down')[]) {
  calls = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push({ url, init });
    const next = answers.shift();
    return next === undefined || next === 'down'
      ? Promise.reject(new TypeError('down'))
      : Promise.resolve(next);
  });
}
const keyOf = (i: number) => new Headers(calls[i]?.init.headers).get('Idempotency-Key');

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  outbox.value = [];
});

describe('calls', () => {
  it('leave out what is not asked and join lists with commas', () => {
    expect(withQuery('/trends', { by: 'area', areas: ['a', 'b'], from: null, to: '' })).toBe(
      '/trends?by=area&areas=a%2Cb',
    );
    expect(withQuery('/alerts', {})).toBe('/alerts');
  });

  it('note the age of the data from every answer', async () => {
    const data = {
      as_of: '2026-11-21',
      computed_at: null,
      newest_event_at: null,
      last_received_at: null,
      silent_sources: [],
    };
    network(answer(200, { items: [], data }));
    await api('/alerts');
    expect(dataAge.value?.as_of).toBe('2026-11-21');
  });

  it('turn a problem into an error with its detail and waiting time', async () => {
    network(
      answer(
        429,
        { type: 'about:blank', title: 'Slow down', status: 429, detail: 'Wait.' },
        { 'Retry-After': '120' },
      ),
    );
    const error = await api('/session').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).message).toBe('Wait.');
    expect((error as ApiError).retryAfterSeconds).toBe(120);
  });

  it('tell a lost line from an answer', async () => {
    network('down');
    const error = (await api('/brief').catch((e: unknown) => e)) as ApiError;
    expect(error.status).toBe(0);
    expect(error.transient).toBe(true);
  });
});

describe('logging a visit', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it('waits for the line and sends once more with the same key and the same time', async () => {
    network('down', answer(201, { id: '1' }));
    expect(await logVisit(visit)).toBeNull();
    expect(outbox.value).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(outbox.value).toHaveLength(0);
    expect(keyOf(1)).toBe(keyOf(0));
    expect(calls[1]?.init.body).toBe(calls[0]?.init.body);
  });

  it('is never dropped in silence when the service refuses it later', async () => {
    network('down', answer(422, { type: '', title: 'No', status: 422, detail: 'kits_given is too large' }));
    await logVisit(visit);
    await retryNow();
    expect(outbox.value[0]?.refused).toBe('kits_given is too large');
    discard(outbox.value[0]?.key ?? '');
    expect(outbox.value).toHaveLength(0);
  });

  it('tells at once when the service refuses it at once', async () => {
    network(answer(422, { type: '', title: 'No', status: 422, detail: 'bad' }));
    await expect(logVisit(visit)).rejects.toThrow('bad');
    expect(outbox.value).toHaveLength(0);
  });
});

describe('the address', () => {
  it('changes only the parts that are named', () => {
    expect(patched(new URLSearchParams('a=1&b=2'), { b: null, c: 3 }).toString()).toBe('a=1&c=3');
  });

  it('is the state', () => {
    go('/map?layer=observed');
    setQuery({ cell: '882baad115fffff' });
    expect(route.value.path).toBe('/map');
    expect(window.location.search).toBe('?layer=observed&cell=882baad115fffff');
    setQuery({ cell: null });
    expect(route.value.query.has('cell')).toBe(false);
  });
});

describe('the kept brief', () => {
  const person = { user: { id: '1' } } as never;
  const brief = { shift: { starts_at: '2026-11-22T00:00:00Z', ends_at: '2026-11-22T08:00:00Z' } } as never;

  it('is there until its shift ends and is wiped then', () => {
    keepBrief(person, brief);
    expect(keptBrief(Date.parse('2026-11-22T07:59:00Z'))?.me.user.id).toBe('1');
    expect(keptBrief(Date.parse('2026-11-22T08:01:00Z'))).toBeNull();
    expect(window.localStorage.getItem('brief')).toBeNull();
  });
});

describe('pages', () => {
  it('begin with what each role came for', () => {
    expect(pagesOf('liaison')[0]?.path).toBe('/brief');
    expect(pagesOf('public_health')[0]?.path).toBe('/alerts');
    expect(pagesOf('analyst').map((p) => p.path)).toEqual(['/trends', '/map', '/alerts', '/quality']);
    expect(pagesOf('admin').some((p) => p.path === '/admin')).toBe(true);
    expect(pagesOf(null)).toEqual([]);
  });
});
