// The one door to the service: JSON in and out, problems (RFC 9457) as `ApiError`, and the age of the
// data noted from every answer that carries it.
import { signal } from '@preact/signals';
import type { DataAge, Problem } from './types';

const BASE = '/api/v1';

/** A call that did not succeed. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.name = 'ApiError';
  }

  /** Worth trying again later, with the same key. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The newest age of data that any answer carried. */
export const dataAge = signal<DataAge | null>(null);

let whenSignedOut: () => void = () => {};

/** Called once when an answer says that the session is gone. */
export function onSignedOut(callback: () => void): void {
  whenSignedOut = callback;
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** `/path?key=value` without empty values; lists are joined by commas. */
export function withQuery(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text !== '') params.set(key, text);
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

export interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  /** A file as it is, with its type, in the place of a JSON body. */
  file?: { bytes: Blob; type: string };
  signal?: AbortSignal;
  idempotencyKey?: string;
  /** A 401 is an answer here, not the end of the session. */
  anonymous?: boolean;
}

export async function api<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  const value = (await response.json()) as T;
  noteAge(value);
  return value;
}

/** The same call, answered as text (CSV). */
export async function apiText(path: string): Promise<string> {
  return (await send(path, {})).text();
}

/** A new Idempotency-Key; also where the page is served without https on a local network. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

export function urlOf(path: string): string {
  return BASE + path;
}

async function send(path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (options.file) headers['Content-Type'] = options.file.type;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  let response: Response;
  try {
    response = await fetch(urlOf(path), {
      method: options.method ?? 'GET',
      headers,
      body: options.file?.bytes ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      credentials: 'same-origin',
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, null);
  }
  if (response.ok) return response;
  if (response.status === 401 && !options.anonymous) whenSignedOut();
  throw new ApiError(response.status, await readProblem(response), readRetryAfter(response));
}

async function readProblem(response: Response): Promise<Problem | null> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return null;
  }
}

function readRetryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get('Retry-After'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

function noteAge(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('data' in value)) return;
  const age = (value as { data: DataAge | null }).data;
  if (age && typeof age === 'object' && 'as_of' in age) dataAge.value = age;
}
