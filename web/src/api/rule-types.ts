// Alert rules as the API tells them.
import type { RuleRecord, Tier } from './types';

export type RulePlaces =
  | { look_at: 'clusters' }
  | { look_at: 'each_of'; kind: 'state' | 'county' | 'town' | 'zip' | 'other' }
  | { look_at: 'areas'; areas: string[] };

export interface AlertRule {
  id: string;
  name: string;
  places: RulePlaces;
  measure: string;
  tier: Tier;
  false_alerts_per_year: number;
  enabled: boolean;
  changed_at: string | null;
  changed_by: string;
}

export interface RuleRow extends AlertRule {
  built_in: boolean;
  changed: boolean;
  areas: number;
  false_alerts_in_all: number;
  record: RuleRecord;
  looked_back: { years: number; begun: number; by_chance: number } | null;
}

export interface RuleArea {
  rule: string;
  area: string;
  area_name: string;
  as_of: string;
  usual_per_day: number | null;
  sees_double: number | null;
  sees_triple: number | null;
  sees_extra: number | null;
  would_have_begun: number | null;
  days_judged: number;
  reason: string;
}
