// Incidents and the state composite as the API tells them.
import type { DataAge, EventRow } from './types';

export interface Incident {
  id: string;
  first_at: string;
  reports: number;
  sources: number;
  /** The chance, 0 to 1, of the weakest link; 1 where a person said so. */
  score: number;
  by_person: boolean;
  linked_at: string;
}

export interface LinkDecision {
  event: string;
  other: string;
  verdict: 'together' | 'apart';
  note: string;
  by: string;
  at: string;
}

export interface IncidentDetail {
  incident: Incident;
  events: EventRow[];
  decisions: LinkDecision[];
}

export interface CompositeCounts {
  span: { from: string; to: string; label: string; complete: boolean };
  total: number;
  fatal_confirmed: number;
  fatal_suspected: number;
  emergency_department: number;
  ems_not_transported: number;
  ems_not_stated: number;
  reversals: number;
  other: number;
  transported_without_visit: number;
  reports: number;
  told_by_two: number;
  told_by_three: number;
}

export interface CompositeTable {
  bucket: string;
  rows: CompositeCounts[];
  linked: {
    at: string;
    reports: number;
    pairs: number;
    threshold: number | null;
    expected_false: number | null;
  } | null;
  data: DataAge;
}
