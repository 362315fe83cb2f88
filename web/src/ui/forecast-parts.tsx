// A forecast opened: of what it consists, what would change it, and how such forecasts have done.
import type { Forecast, TrackRecord } from '../api/types';
import { t } from '../i18n';
import { daysBetween, number, percent } from '../i18n/format';
import { Said, word } from './parts';

/** Means of places are small: two digits that say something. */
export const share = (value: number): string =>
  number(value, Math.abs(value) >= 9.95 ? 0 : Math.abs(value) >= 0.95 ? 1 : 2);

export function ForecastParts({ forecast }: { forecast: Forecast }) {
  const detail = forecast.detail;
  if (!detail) return null;
  const length = daysBetween(forecast.window.from, forecast.window.to) + 1;
  return (
    <details class="small">
      <summary>{t('forecast.open')}</summary>
      <dl class="facts">
        {detail.parts.map(({ part, mean }) => (
          <div class="pair" key={part}>
            <dt>{word('forecast.part', part)}</dt>
            <dd>{share(mean)}</dd>
          </div>
        ))}
        <div class="pair strong">
          <dt>{t('forecast.mean', { n: length })}</dt>
          <dd>{share(forecast.mean)}</dd>
        </div>
      </dl>
      <p>
        <Said>{detail.would_change}</Said>
      </p>
      {detail.range_80 && (
        <p>
          {t('forecast.range', {
            low: number(detail.range_80[0] ?? 0),
            high: number(detail.range_80[1] ?? 0),
          })}
        </p>
      )}
      <p>
        {t('forecast.spike', {
          n: detail.spike_at_least,
          p: percent(detail.p_spike),
          usual: percent(detail.p_spike_usual),
        })}
      </p>
      <p class="muted">{t('forecast.history', { mean: share(forecast.history_mean) })}</p>
      {forecast.caveat && (
        <p class="muted">
          <Said>{forecast.caveat}</Said>
        </p>
      )}
    </details>
  );
}

/** "Of the 30 places named …": told as soon as one week that was forecast is over. */
export function trackText(track: TrackRecord | undefined): string {
  if (!track) return t('forecast.track.none');
  if (track.level === 'whole')
    return t('forecast.track.whole', { n: track.forecasts, inside: number(track.inside_80) });
  const told = {
    n: track.named,
    days: number(daysBetween(track.first, track.last) + 1),
    hit: number(track.named_with_event),
    history: number(track.history_with_event),
  };
  if (!track.area) return t('forecast.track', told);
  const few = track.named < FEW ? ` ${t('forecast.track.few')}` : '';
  return t('forecast.track.area', { ...told, area: track.area_name }) + few;
}

/** Fewer places named than this say little. */
const FEW = 30;
