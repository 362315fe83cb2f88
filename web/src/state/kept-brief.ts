// The last brief, kept on the device until its shift ends, so that the app opens without a line and shows
// where to go, with the time it was loaded. Only the brief is kept, never rows; signing out wipes it.
import type { Me, ShiftBrief } from '../api/types';

const KEY = 'brief';

export interface KeptBrief {
  me: Me;
  brief: ShiftBrief;
  loadedAt: string;
}

export function keepBrief(me: Me, brief: ShiftBrief): void {
  const kept: KeptBrief = { me, brief, loadedAt: new Date().toISOString() };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Where nothing can be kept, the brief needs a line.
  }
}

/** The kept brief, unless its shift is over: then it is wiped. */
export function keptBrief(now = Date.now()): KeptBrief | null {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEY) ?? 'null') as KeptBrief | null;
    if (!kept) return null;
    if (Date.parse(kept.brief.shift.ends_at) > now) return kept;
  } catch {
    // What cannot be read is of no use.
  }
  wipeBrief();
  return null;
}

export function wipeBrief(): void {
  try {
    window.localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}
