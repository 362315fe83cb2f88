// Holds the shapes that the pages use (`types.ts`) against those of the service (`schema.ts`, generated from
// `openapi.json`). Nothing here runs: when the service renames or drops a field that a page reads, the type
// check fails on its line. To add a shape: one line in `Contract`.

import type * as agreements from './agreement-types';
import type * as incidents from './incident-types';
import type * as mappings from './mapping-types';
import type * as quality from './quality-types';
import type * as rules from './rule-types';
import type { components } from './schema';
import type * as ours from './types';

type Service = components['schemas'];

/** What may be absent or null is read with care anyway, and a pair is a list in JSON: both count as equal. */
type Loose<T> = T extends readonly number[]
  ? number[]
  : T extends readonly (infer U)[]
    ? Loose<U>[]
    : T extends object
      ? { [K in keyof T]?: Loose<NonNullable<T[K]>> | null }
      : T;

/** `true`, or what does not fit. */
type Fits<Theirs, Ours> = [Exclude<keyof Ours, keyof Theirs>] extends [never]
  ? Theirs extends Loose<Ours>
    ? true
    : {
        [K in keyof Ours & keyof Theirs as Theirs[K] extends Loose<NonNullable<Ours[K]>> | null | undefined
          ? never
          : K]: Theirs[K];
      }
  : { missing: Exclude<keyof Ours, keyof Theirs> };

type Must<T extends true> = T;

export type Contract = [
  Must<Fits<Service['Me'], ours.Me>>,
  Must<Fits<Service['DataAge'], ours.DataAge>>,
  Must<Fits<Service['DataGap'], ours.DataGap>>,
  Must<Fits<Service['NowcastTotal'], ours.Nowcast>>,
  Must<Fits<Service['Area'], ours.Area>>,
  Must<Fits<Service['NamedPlace'], ours.NamedPlace>>,
  Must<Fits<Service['CellTable'], ours.CellTable>>,
  Must<Fits<Service['CellDetail'], ours.CellDetail>>,
  Must<Fits<Service['HotspotTable'], ours.HotspotTable>>,
  Must<Fits<Service['Series'], ours.Series>>,
  Must<Fits<Service['Trends'], ours.Trends>>,
  Must<Fits<Service['IncidentDetail'], incidents.IncidentDetail>>,
  Must<Fits<Service['AgreementList'], agreements.Agreements>>,
  Must<Fits<Service['CompositeTable'], incidents.CompositeTable>>,
  Must<Fits<Service['SuggestedMapping'], mappings.SuggestedMapping>>,
  Must<Fits<Service['IntakeAnswer'], mappings.IntakeAnswer>>,
  Must<Fits<Service['AlertList'], ours.Page<ours.Alert>>>,
  Must<Fits<Service['AlertDetail'], ours.AlertDetail>>,
  Must<Fits<Service['NamedForecast'], ours.Forecast>>,
  Must<Fits<Service['ForecastRecord'], ours.ForecastRecord>>,
  Must<Fits<Service['ForecastDetail'], ours.ForecastDetail>>,
  Must<Fits<Service['TrackRecord'], ours.TrackRecord>>,
  Must<Fits<Service['ShiftBrief'], ours.ShiftBrief>>,
  Must<Fits<Service['Encounter'], ours.Encounter>>,
  Must<Fits<Service['NewEncounter'], ours.NewEncounter>>,
  Must<Fits<Service['SourceList'], ours.Sources>>,
  Must<Fits<Service['QuarantineList'], Omit<ours.Page<ours.QuarantinedRow>, 'data'>>>,
  Must<Fits<Service['Mended'], ours.Mended>>,
  Must<Fits<Service['AreaStatusRow'], ours.AreaStatus>>,
  Must<Fits<Service['RuleRecord'], ours.RuleRecord>>,
  Must<Fits<Service['RuleRow'], rules.RuleRow>>,
  Must<Fits<Service['QualityList'], quality.QualityList>>,
  Must<Fits<Service['QualityAnswer'], quality.QualityDetail>>,
  Must<Fits<Service['GroupRow'], quality.RejectGroup>>,
  Must<Fits<Service['MendPreview'], quality.MendPreview>>,
  Must<Fits<Service['MendRecord'], quality.MendRecord>>,
  Must<Fits<Service['RuleAreaRow'], rules.RuleArea>>,
];
