// Data quality, and rows in quarantine by their fault, as the API tells them.
import type { DataAge, DataGap, QuarantinedRow } from './types';

export interface Share {
  numerator: number;
  denominator: number;
  share: number | null;
}

export interface Delays {
  events: number;
  median_hours: number;
  p90_hours: number;
}

export type Worse =
  | { what: 'field'; field: string; now: Share; before: Share }
  | { what: 'delay'; now: Delays; before: Delays };

export interface SourceQuality {
  source: string;
  name: string;
  standing: 'silent' | 'rows_wait' | 'worse' | 'unknown' | 'as_usual';
  worse: Worse | null;
  events: number;
  newest_event_at: string | null;
  last_received_at: string | null;
  rhythm: {
    usual_gap_hours: number | null;
    longest_gap_hours: number | null;
    quiet_hours: number | null;
    silent_since: string | null;
  };
  waiting: number;
  waiting_most: string | null;
}

export interface DeliveredRows {
  read: number;
  accepted: number;
  updated: number;
  unchanged: number;
  duplicates: number;
  quarantined: number;
  mended: number;
  not_cases: number;
  elsewhere: number;
}

export interface PeriodQuality {
  from: string;
  to: string;
  events: number;
  corrected: number;
  withdrawn: number;
  loaded: number;
  fields: { field: string; known: Share }[];
  precision: { precision: string; events: number }[];
  place_disagrees: Share;
  outside_areas: Share;
  fallback: Share;
  reported: Delays | null;
  received: Delays | null;
  rejects: { reason: string; waiting: number; mended: number; not_cases: number; discarded: number }[];
  deliveries: number;
  rows: DeliveredRows;
  silences: number;
  silent_hours: number;
}

export interface RemoteStanding {
  looked_at: string;
  services: {
    service: string;
    answered: number;
    placed: number;
    rests_until: string | null;
    error: string | null;
    credit: string;
  }[];
  placed: number;
  waiting: number;
  ambiguous: number;
  refused: { why: string; events: number }[];
  unknown: number;
  not_asked: number;
}

export interface QualityDetail extends SourceQuality {
  periods: { days: number; now: PeriodQuality; before: PeriodQuality }[];
  fallback_points: { latitude?: number | null; longitude?: number | null; events: Share }[];
  gaps: DataGap[];
  deliveries: { at: string; origin: string; rows: DeliveredRows }[];
  not_cases: { label: string; rows: number }[];
  /** Null where addresses are sent to no other geocoder. */
  remote: RemoteStanding | null;
  counted_at: string;
  data: DataAge;
}

export interface QualityList {
  items: SourceQuality[];
  counted_at: string;
  data: DataAge;
}

export type Mend =
  | { do: 'set'; column: string; value: string }
  | { do: 'replace'; column: string; find: string; with: string }
  | { do: 'shift_time'; column: string; years?: number; days?: number; hours?: number }
  | { do: 'swap'; first: string; second: string }
  | { do: 'map_codes'; column: string; codes: Record<string, string> }
  | { do: 'not_a_case' }
  | { do: 'not_ours'; why: string };

export interface RejectGroup {
  id: string;
  source: string;
  source_name: string;
  reason: string;
  field: string | null;
  pattern: string;
  sentence: string;
  value: string;
  rows: number;
  first_at: string;
  last_at: string;
  example: QuarantinedRow;
  suggested: Mend[];
}

export interface MendPreview {
  rows: number;
  tried: number;
  would_pass: number;
  known_already: number;
  not_cases: number;
  discarded: number;
  still_bad: { reason: string; field: string | null; message: string; rows: number }[];
  examples: {
    id: string;
    line: number;
    origin: string;
    changes: { column: string; before: string; after: string }[];
    outcome: string;
    occurred_at: string | null;
    message: string | null;
  }[];
}

export interface MendRecord {
  id: string;
  source: string;
  reason: string;
  field: string | null;
  pattern: string;
  mends: Mend[];
  note: string;
  standing: boolean;
  state: 'queued' | 'done';
  made_at: string;
  made_by: string;
  done_at: string | null;
  still_bad: number;
  mended: number;
  not_cases: number;
  discarded: number;
}
