// Forecasts, of what they consist, and how those of past days did.
import type { DayRange, EventKind, Method } from './types';

export interface Forecast {
  run: string;
  issued: string;
  level: 'cell' | 'area' | 'whole';
  cell: string | null;
  area: string | null;
  kind: EventKind;
  window: DayRange;
  method: Method;
  mean: number;
  quantiles: number[];
  p_at_least_one: number;
  history_mean: number;
  caveat: string;
  detail?: ForecastDetail | null;
  place_name?: string;
}

export interface ForecastRecord {
  method: string;
  level: 'cell' | 'area' | 'whole';
  horizon_days: number;
  origins: number;
  log_score: number;
  history_log_score: number;
  crps: number;
  history_crps: number;
  coverage_80: number;
  capture_10: number | null;
  history_capture_10: number | null;
}

/** A forecast opened. The parts add up to its mean. */
export interface ForecastDetail {
  /** The middle 80 % in whole numbers; null of old forecasts. */
  range_80?: number[] | null;
  spike_at_least: number;
  p_spike: number;
  p_spike_usual: number;
  parts: { part: string; mean: number }[];
  would_change: string;
}

/** What became of the forecasts that people saw. */
export interface TrackRecord {
  level: 'cell' | 'area' | 'whole';
  /** The area it tells of; null for the whole jurisdiction. */
  area?: string | null;
  area_name: string;
  first: string;
  last: string;
  issue_days: number;
  window_days: number;
  named: number;
  named_with_event: number;
  history_with_event: number;
  forecasts: number;
  inside_80: number;
  sentence: string;
}
