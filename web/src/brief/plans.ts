// What the liaison decided about the places of this shift: going, or not now and why. It is a note to
// oneself: it stays in this browser tab, ends with the shift and goes with the sign-out.
import { signal } from '@preact/signals';
import type { BriefPlace } from '../api/types';

export type NotNow = 'time' | 'other' | 'safety';
export type Plan = { kind: 'going' } | { kind: 'aside'; why: NotNow };
type Kept = Record<string, { plan: Plan; until: string }>;

const KEY = 'plans';

function load(): Kept {
  try {
    return JSON.parse(window.sessionStorage.getItem(KEY) ?? '{}') as Kept;
  } catch {
    return {};
  }
}

export const plans = signal<Kept>(load());

/** The same place keeps its plan when the brief is refreshed. */
export function placeKey(place: BriefPlace): string {
  return place.alert ?? place.cells[0] ?? place.name;
}

export function planOf(place: BriefPlace, shiftEnds: string): Plan | null {
  const kept = plans.value[placeKey(place)];
  return kept && kept.until === shiftEnds ? kept.plan : null;
}

export function plan(place: BriefPlace, next: Plan | null, shiftEnds: string): void {
  // Only this shift's plans are kept.
  const kept = Object.fromEntries(Object.entries(plans.value).filter(([, p]) => p.until === shiftEnds));
  delete kept[placeKey(place)];
  if (next) kept[placeKey(place)] = { plan: next, until: shiftEnds };
  plans.value = kept;
  try {
    window.sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Without storage the plan lasts until the page is closed.
  }
}
