// Small pieces that every page uses.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Area, DataAge, DataGap, Tier } from '../api/types';
import { t, tWord } from '../i18n';
import { ago, day, exactTime, expected, weekdayTime } from '../i18n/format';
import { live } from '../state/live';
import { useAreas, usualLevel } from './areas';

export type Mark = Tier | 'over' | 'forecast';

/** The tier as shape and word: ▲ alert, ◔ watch, ● over; the shape alone is enough to tell them apart. */
export function TierMark({ tier, label }: { tier: Mark; label?: string }) {
  return (
    <span class={`tier ${tier}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {tier === 'alert' && <path d="M8 1 15.5 15H.5Z" fill="currentColor" />}
        {tier === 'watch' && (
          <>
            <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="2" />
            <path d="M8 8V1.5A6.5 6.5 0 0 1 14.5 8Z" fill="currentColor" />
          </>
        )}
        {tier === 'over' && <circle cx="8" cy="8" r="5" fill="currentColor" />}
        {tier === 'forecast' && (
          <path
            d="M1 13 6 8l3 3 6-7"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
          />
        )}
      </svg>
      {label ?? t(`tier.${tier}`)}
    </span>
  );
}

/** A relative time; a tap shows the exact one in the jurisdiction's zone. */
export function Ago({ at }: { at: string }) {
  const [exact, setExact] = useState(false);
  return (
    <button type="button" class="link" title={exactTime(at)} onClick={() => setExact(!exact)}>
      <time dateTime={at}>{exact ? exactTime(at) : ago(at)}</time>
    </button>
  );
}

/** How old the data of a screen are; always beside the numbers. */
interface AgeProps {
  data: DataAge | null | undefined;
  short?: boolean;
  /** Where the page tells of silent feeds itself. */
  plain?: boolean;
}

export function AgeLine({ data, short = false, plain = false }: AgeProps) {
  if (!data) return null;
  const at = data.last_received_at ?? data.computed_at;
  if (short) return at ? <Ago at={at} /> : <span>{t('age.unknown')}</span>;
  const parts = [
    data.as_of ? t('age.asOf', { day: day(data.as_of) }) : null,
    data.newest_event_at ? t('age.newest', { when: ago(data.newest_event_at) }) : null,
    data.computed_at ? t('age.analysed', { when: ago(data.computed_at) }) : null,
  ].filter((part) => part !== null);
  return (
    <div class="age small muted">
      <p>
        {parts.length > 0 ? parts.join(' · ') : t('age.unknown')}
        {live.value !== 'off' && <> · {t(`live.${live.value}`)}</>}
      </p>
      {!plain && <SilentFeeds data={data} />}
    </div>
  );
}

export function SilentFeeds({ data }: { data: DataAge }) {
  const gaps = data.gaps ?? [];
  if (gaps.length > 0) return <Gaps gaps={gaps} />;
  if (data.silent_sources.length === 0) return null;
  return <p class="notice">{t('age.silent', { names: data.silent_sources.join(', ') })}</p>;
}

function Gaps({ gaps }: { gaps: readonly DataGap[] }) {
  const { byId } = useAreas();
  return (
    <ul class="notice gaps">
      {gaps.map((gap) => (
        <li key={gap.id}>{sayGap(gap, byId)}</li>
      ))}
    </ul>
  );
}

const MOST_AREAS = 3;

/** A gap in one or two sentences: what is missing, since when, and what waits for it. */
export function sayGap(gap: DataGap, areas: ReadonlyMap<string, Area>): string {
  const when = weekdayTime(gap.since);
  const what =
    gap.kind === 'stamped'
      ? t('gap.stamped', { name: gap.source_name, n: gap.events, when })
      : gap.usual_per_day === null
        ? t('gap.silent', { name: gap.source_name, when })
        : t('gap.silentUsual', { name: gap.source_name, when, usual: expected(gap.usual_per_day) });
  const known = gap.areas.flatMap((id) => areas.get(id) ?? []);
  // The finest level that a whole conclusion is about says more than the state above it or the town below.
  const level = usualLevel([...new Set(known.map((area) => area.kind))]);
  const names = known.filter((area) => area.kind === level).map((area) => area.name);
  if (gap.kind === 'stamped' || names.length === 0) return what;
  const more = names.length - MOST_AREAS;
  const listed = names.slice(0, MOST_AREAS).join(', ');
  return `${what} ${more > 0 ? t('gap.waitMore', { areas: listed, n: more }) : t('gap.wait', { areas: listed })}`;
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="stack" role="status" aria-label={t('app.loading')}>
      {Array.from({ length: lines }, (_, i) => (
        <div class="skeleton" key={i} style={{ width: `${92 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      <p class="muted">{children}</p>
    </div>
  );
}

/** What an error means for the reader: what happened, what was kept, what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.server');
  if (error.status === 0) return t('error.offline');
  if (error.status === 403) return t('error.forbidden');
  if (error.status === 404) return t('error.missing');
  if (error.status >= 500) return t('error.server');
  const fields = (error.problem?.errors ?? []).map((e) => `${e.field}: ${e.message}`);
  return [error.message, ...fields].join(' · ');
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const reference = error instanceof ApiError ? error.problem?.request_id : undefined;
  return (
    <div class="notice bad stack" role="alert">
      <p>
        <span class="strong">{t('error.title')}.</span> {explain(error)}
      </p>
      {reference && <p class="small muted">{t('error.reference', { id: reference })}</p>}
      {retry && (
        <div>
          <button type="button" class="button" onClick={retry}>
            {t('app.retry')}
          </button>
        </div>
      )}
    </div>
  );
}

const toastText = signal('');
let toastTimer = 0;

/** Say something for a few seconds; also read out. */
export function toast(text: string): void {
  toastText.value = text;
  window.clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => {
    toastText.value = '';
  }, 5000);
}

export function Toast() {
  return (
    <div class="toast" role="status">
      {toastText.value}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  name: string;
  options: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
  columns?: boolean;
}

/** One of a few: radio buttons that look like a row of buttons. */
export function Choices<T extends string>({
  legend,
  name,
  options,
  value,
  onChange,
  columns,
}: ChoiceProps<T>) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class={columns ? 'choices columns' : 'choices'}>
        {options.map((option) => (
          <label class="choice" key={option.value}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

export function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A sentence of the service, which speaks English (the brief alone is written in the reader's language). */
export function Said({ children, own = false }: { children: ComponentChildren; own?: boolean }) {
  return <span lang={own ? undefined : 'en'}>{children}</span>;
}

/** The word of a kind, state or outcome in the reader's language. */
export const word = (group: string, value: string): string => tWord(group, value);
