// The mapping assistant as the API tells it.

export interface SuggestedMapping {
  found: string;
  rows_read: number;
  cases: number;
  not_cases: number;
  columns: { column: string; used_as: string; example: string }[];
  doubts: string[];
  rows: {
    record_id: string;
    kind: string;
    occurred_at: string;
    time_precision: string;
    outcome: string;
    naloxone: string;
    latitude: number | null;
    longitude: number | null;
    precision: string | null;
    place: string;
  }[];
  rejects: { reason: string; rows: number; line: number; message: string }[];
  mapping: string;
}

export interface IntakeAnswer {
  read: number;
  accepted: number;
  unchanged: number;
  updated: number;
  duplicates: number;
  quarantined: number;
  not_cases: number;
  withdrawn: number;
  elsewhere: number;
  /** Of a whole file the first hundred. */
  rejects: { line: number; message: string }[];
  notices: string[];
}
