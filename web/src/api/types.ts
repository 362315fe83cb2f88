// Shapes of the API, as the service serialises them. Times are RFC 3339 UTC, days ISO dates in the
// jurisdiction's zone, cells 15 hexadecimal digits.
import type { Forecast } from './forecast-types';

export type { Forecast, ForecastDetail, ForecastRecord, TrackRecord } from './forecast-types';

export type Role = 'liaison' | 'public_health' | 'analyst' | 'admin' | 'feed';
export type Audience = 'line_list' | 'aggregate' | 'public';
export type Tier = 'watch' | 'alert';
export type AlertState = 'open' | 'acknowledged' | 'investigating' | 'dismissed' | 'over';
export type DecisionKind = 'acknowledge' | 'investigate' | 'dismiss' | 'reopen';
export type DismissReason = 'known_cause' | 'data_problem' | 'chance' | 'already_handled' | 'other';
export type EventKind = 'overdose' | 'naloxone' | 'outreach';
export type Outcome = 'fatal' | 'suspected_fatal' | 'nonfatal' | 'unknown';
export type Trigger = 'hotspot' | 'follow_up' | 'referral' | 'other';
export type ContactMode = 'visit' | 'phone' | 'text' | 'site';
export type Contacted = 'survivor' | 'family' | 'nobody';

export interface Point {
  lat: number;
  lon: number;
}

export interface DayRange {
  from: string;
  to: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: { field: string; message: string }[];
  request_id?: string;
}

export interface Me {
  user: { id: string; login: string; name: string; role: Role; catchment: string[] };
  audience: Audience;
  jurisdiction: { id: string; name: string; zone: string };
  demo: boolean;
  language: string;
}

export interface DataAge {
  as_of: string | null;
  computed_at: string | null;
  newest_event_at: string | null;
  last_received_at: string | null;
  silent_sources: string[];
  /** What is missing now, newest first. */
  gaps?: DataGap[] | null;
}

/** A feed that fell silent, or a batch whose times are its own: no alert, but a reason to wait. */
export interface DataGap {
  id: string;
  source: string;
  source_name: string;
  kind: 'silent' | 'stamped';
  since: string;
  usual_per_day: number | null;
  events: number;
  areas: string[];
  closed_at?: string | null;
}

/** What a recent count comes to when all reports are in. */
export interface Nowcast {
  expected: number;
  lo50: number;
  hi50: number;
  lo: number;
  hi: number;
  share_known: number;
}

export interface Area {
  id: string;
  parent: string | null;
  kind: 'state' | 'county' | 'town' | 'zip' | 'other';
  name: string;
  centre: Point;
  bbox: [number, number, number, number];
  population: number | null;
  population_year: number | null;
}

export interface NamedPlace {
  name: string;
  point: Point;
  population: number | null;
}

export interface Method {
  name: string;
  version: number;
  seed: number | null;
}

export interface CellRow {
  cell: string;
  centre: Point;
  place_name: string;
  area: string | null;
  observed: number;
  expected: number;
  expected_range: [number, number];
  ratio: number | null;
  forecast_p: number | null;
}

export interface CellTable {
  kind: EventKind;
  window: DayRange;
  resolution: number;
  expected_basis?: string;
  items: CellRow[];
  unplaced: { count: number; why: string } | null;
  data: DataAge;
}

export interface CellDetail {
  kind: EventKind;
  window: DayRange;
  expected_basis: string;
  row: CellRow;
  corroboration?: Corroboration | null;
  recent: { day: string; count: number }[];
  forecasts: Forecast[];
  signals: Signal[];
  last_visit: string | null;
  data: DataAge;
}

export type HotspotCategory =
  | `${'new' | 'consecutive' | 'intensifying' | 'persistent' | 'diminishing' | 'sporadic' | 'oscillating' | 'historical'}_${'hot' | 'cold'}`
  | 'no_pattern';

/** One hexagon over whole weeks. `category` is null where too few events are known to say anything. */
export interface Hotspot {
  cell: string;
  centre: Point;
  place_name: string;
  area: string | null;
  category: HotspotCategory | null;
  previous: HotspotCategory | null;
  since: string | null;
  events: number;
  nearby_events: number;
  weeks_hot: number;
  weeks_cold: number;
  /** A letter a week, oldest first: `h` hot, `c` cold, `.` neither, `?` no data. */
  recent: string;
  z: number;
  p_value: number;
  trend_z: number | null;
  trend_p: number | null;
}

export interface HotspotSummary {
  as_of: string;
  weeks: DayRange;
  silent_weeks: number;
  late_weeks: number;
  needed: number;
  resolution: number;
  levels: { resolution: number; cells: number; placed: number; told: number; critical_p: number }[];
}

export interface HotspotTable {
  summary: HotspotSummary | null;
  resolution: number | null;
  items: Hotspot[];
  data: DataAge;
}

export interface SeriesPoint {
  from: string;
  to: string;
  count: number;
  expected: number | null;
  lo: number | null;
  hi: number | null;
  complete: boolean;
  nowcast?: Nowcast | null;
}

export interface Series {
  place: { id: string; name: string };
  kind: EventKind;
  bucket: 'day' | 'week' | 'month' | 'quarter' | 'year';
  items: SeriesPoint[];
  data: DataAge;
}

export interface TrendSeries {
  id: string;
  name: string;
  population: number | null;
  values: (number | null)[];
  rate?: (number | null)[] | null;
  rate_lo?: (number | null)[] | null;
  rate_hi?: (number | null)[] | null;
  nowcast?: (Nowcast | null)[] | null;
}

export interface Bucket extends DayRange {
  /** False when only a part of the bucket is over, asked for and counted. */
  complete?: boolean;
}

export interface Trends {
  buckets: Bucket[];
  /** Events whose place is not known well enough for a series. */
  unplaced?: number;
  series: TrendSeries[];
  measure: 'count' | 'rate' | 'quantity';
  data: DataAge;
}

export type Turn = 'new' | 'grew' | 'moved' | 'cooled' | 'steady';

/** A day of a cluster's course. */
export interface CourseStep {
  day: string;
  turn: Turn;
  place_name: string;
  window: DayRange;
  observed: number;
  expected: number;
  recurrence_interval_days: number;
  moved_km: number | null;
}

export interface Alert {
  id: string;
  version: number;
  tier: Tier;
  state: AlertState;
  rule: string;
  kind: EventKind;
  headline: string;
  sentence: string;
  place_name: string;
  area: string | null;
  cells: string[];
  centre: Point | null;
  radius_km: number | null;
  window: DayRange;
  observed: number;
  expected: number;
  expected_range: [number, number];
  p_value: number;
  recurrence_interval_days: number;
  turn: Turn;
  peak_recurrence_interval_days: number;
  first_signalled: string;
  last_signalled: string;
  signals: string[];
  caveats: string[];
  updated_at: string;
}

export interface Decision {
  kind: DecisionKind;
  reason: DismissReason | null;
  note: string;
  by: string;
  at: string;
  alert_version: number;
}

export interface Signal {
  id: string;
  run: string;
  as_of: string;
  method: Method;
  kind: EventKind;
  scope: 'cells' | 'area';
  cells: string[];
  area: string | null;
  centre: Point | null;
  radius_km: number | null;
  place_name: string;
  window: DayRange;
  observed: number;
  expected: number;
  expected_range: [number, number];
  relative_risk: number | null;
  statistic: number;
  p_value: number;
  recurrence_interval_days: number;
  replications: number | null;
  events?: string[];
  caveats: string[];
}

export interface RuleRecord {
  name: string;
  sent: number;
  confirmed: number;
  dismissed: number;
  dismissed_for: { reason: string; alerts: number }[];
  median_hours_to_acknowledge: number | null;
}

export interface CurvePoint {
  day: string;
  count: number;
  expected: number | null;
  lo: number | null;
  hi: number | null;
  complete?: boolean;
  nowcast?: Nowcast | null;
}

export interface EventRow {
  id: string;
  source: string;
  kind: EventKind;
  occurred_at: string;
  reported_at: string | null;
  received_at: string;
  event_day: string;
  outcome: Outcome;
  naloxone: string;
  /** What it is linked to; null when nobody else tells of it. */
  incident?: string | null;
  location: { precision: string; town: string | null; area: string | null; cell: string | null };
}

/** Of overdoses counted, how many several sources tell of; each is part of the one before. */
export interface Corroboration {
  overdoses: number;
  told_by_two: number;
  told_by_three: number;
}

export interface AlertDetail {
  alert: Alert;
  decisions: Decision[];
  signals: Signal[];
  course: CourseStep[];
  curve: CurvePoint[];
  corroboration?: Corroboration | null;
  line_list: EventRow[] | null;
  new_events?: string[] | null;
  /** Of the line list: what a source of another jurisdiction tells of, too. */
  told_elsewhere?: string[] | null;
  rule: RuleRecord | null;
  data: DataAge;
}

export interface Page<T> {
  items: T[];
  next: string | null;
  data?: DataAge;
}

export interface BriefPlace {
  rank: number;
  name: string;
  area: string | null;
  area_name: string | null;
  reason_kind: 'alert' | 'watch' | 'forecast';
  reason: string;
  certainty: string;
  observed: number;
  expected: number;
  expected_range: [number, number];
  window_days: number;
  recurrence_interval_days: number | null;
  forecast_p: number | null;
  forecast_days: number | null;
  /** Null where nobody could agree; absent in a brief kept from an older version. */
  corroboration?: Corroboration | null;
  recent: number[];
  known: string[];
  alert: string | null;
  tier: Tier | null;
  centre: Point;
  cells: string[];
  caveats: string[];
}

export interface FollowUp {
  id: string;
  event: string | null;
  area: string | null;
  cell: string | null;
  place_name: string;
  what: string;
  opened_at: string;
  due_by: string;
  state: 'due' | 'attempted' | 'reached' | 'declined' | 'lost';
  attempts: number;
  assigned_to: string | null;
}

export interface ShiftBrief {
  catchment: string[];
  catchment_name: string;
  shift: { starts_at: string; ends_at: string };
  places: BriefPlace[];
  quiet: string | null;
  follow_ups: FollowUp[];
  changes: string[];
  limits: string;
  data: DataAge;
}

export interface NewEncounter {
  trigger: Trigger;
  follow_up?: string | null;
  alert?: string | null;
  area?: string | null;
  cell?: string | null;
  at?: string;
  mode: ContactMode;
  contacted: Contacted;
  consent: boolean;
  kits_given: number;
  referrals: string[];
  minutes?: number | null;
  note?: string;
}

export interface Encounter extends NewEncounter {
  id: string;
  at: string;
  day: string;
  note: string;
  by: string;
  by_name: string;
}

export interface SourceFreshness {
  source: string;
  name: string;
  events: number;
  newest_event_at: string | null;
  last_received_at: string | null;
  waiting_rejects: number;
  silent: boolean;
}

export interface Sources {
  items: SourceFreshness[];
  not_cases: Record<string, { label: string; count: number }[]>;
}

export interface QuarantinedRow {
  id: string;
  source: string;
  origin: string;
  line: number;
  reason: string;
  field: string | null;
  message: string;
  row: Record<string, unknown>;
  state: 'waiting' | 'resubmitted' | 'not_case' | 'discarded';
  received_at: string;
}

export interface Mended {
  outcome: 'accepted' | 'updated' | 'unchanged' | 'still_bad';
  message?: string | null;
}

export interface AreaStatus {
  area: string;
  area_name: string;
  kind: EventKind;
  day: string;
  last_24h: number;
  last_72h: number;
  last_7d: number;
  observed: number;
  expected: number;
  threshold: number;
  recurrence_interval_days: number;
  updated_at: string;
  rule?: string;
}
