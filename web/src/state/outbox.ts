// Visits that were logged but not yet answered for. Each keeps one Idempotency-Key for its whole life,
// so trying again after a lost line can never count a visit twice. Kept in memory only: a note about a
// person does not stay on a phone.
import { signal } from '@preact/signals';
import { ApiError, api, newKey } from '../api/client';
import type { Encounter, NewEncounter } from '../api/types';

export interface Waiting {
  key: string;
  encounter: NewEncounter;
  /** Why the service refused it, when it did. */
  refused: string | null;
}

export const outbox = signal<Waiting[]>([]);
const RETRY_MS = 15_000;
let timer = 0;

/** Log a visit. Resolves with the stored visit, or `null` when it waits for the line to come back. */
export async function logVisit(encounter: NewEncounter): Promise<Encounter | null> {
  // The time of the visit is when it was logged, not when the line came back.
  const item: Waiting = {
    key: newKey(),
    encounter: { ...encounter, at: encounter.at ?? new Date().toISOString() },
    refused: null,
  };
  try {
    return await post(item);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.transient) throw error;
    outbox.value = [...outbox.value, item];
    schedule();
    return null;
  }
}

export async function retryNow(): Promise<void> {
  for (const item of outbox.peek()) {
    if (item.refused) continue;
    try {
      await post(item);
      outbox.value = outbox.value.filter((other) => other.key !== item.key);
    } catch (error) {
      if (error instanceof ApiError && error.transient) break;
      const why = error instanceof Error ? error.message : String(error);
      outbox.value = outbox.value.map((other) =>
        other.key === item.key ? { ...other, refused: why } : other,
      );
    }
  }
  schedule();
}

export function discard(key: string): void {
  outbox.value = outbox.value.filter((item) => item.key !== key);
}

function post(item: Waiting): Promise<Encounter> {
  return api<Encounter>('/encounters', { method: 'POST', body: item.encounter, idempotencyKey: item.key });
}

function schedule(): void {
  window.clearTimeout(timer);
  if (outbox.peek().some((item) => !item.refused)) timer = window.setTimeout(() => void retryNow(), RETRY_MS);
}

if (typeof window !== 'undefined') {
  window.addEventListener('online', () => void retryNow());
  window.addEventListener('beforeunload', (event) => {
    if (outbox.peek().length > 0) event.preventDefault();
  });
}
