// "How do we know?": count, usual range, chance, method, age of the data and the record of the rule
// behind one place of the brief.
import type { AlertDetail, BriefPlace, DataAge, Forecast, ForecastRecord, TrackRecord } from '../api/types';
import { t } from '../i18n';
import { days, expected, number, onceIn, percent, pValue, range } from '../i18n/format';
import { useResource } from '../state/resource';
import { sayCorroboration } from '../ui/corroboration';
import { Dialog } from '../ui/dialog';
import { trackText } from '../ui/forecast-parts';
import { AgeLine, Said } from '../ui/parts';
import { RuleText } from '../ui/rule-text';

interface Props {
  place: BriefPlace;
  data: DataAge;
  onClose: () => void;
}

export function WhySheet({ place, data, onClose }: Props) {
  const detail = useResource<AlertDetail>(place.alert ? `/alerts/${place.alert}` : null).data;
  const method = detail?.signals[detail.signals.length - 1]?.method;
  const told = sayCorroboration(place.corroboration);
  return (
    <Dialog title={t('why.title')} onClose={onClose}>
      <p class="strong">
        <Said own>{place.reason}</Said>
      </p>
      <dl class="facts">
        <dt>{t('why.count')}</dt>
        <dd>
          {t('why.countText', { n: place.observed, days: place.window_days })}
          {detail && <span class="muted"> ({days(detail.alert.window.from, detail.alert.window.to)})</span>}
        </dd>
        {told !== null && (
          <>
            <dt>{t('told.by')}</dt>
            <dd>{told}</dd>
          </>
        )}
        <dt>{t('why.expected')}</dt>
        <dd>
          {t('why.expectedText', { expected: expected(place.expected), range: range(place.expected_range) })}
        </dd>
        {place.recurrence_interval_days !== null && (
          <>
            <dt>{t('why.chance')}</dt>
            <dd>
              {t('why.chanceText', { often: onceIn(place.recurrence_interval_days) })}
              {detail && <PTap p={detail.alert.p_value} />}
            </dd>
          </>
        )}
        {place.forecast_p !== null && (
          <>
            <dt>{t('why.forecast')}</dt>
            <dd>
              {t('brief.forecast', { p: percent(place.forecast_p), n: place.forecast_days ?? 7 })}
              <Skill days={place.forecast_days ?? 7} />
            </dd>
          </>
        )}
        {method && (
          <>
            <dt>{t('why.method')}</dt>
            <dd>
              {method.seed === null
                ? t('why.methodText', { name: method.name, version: method.version })
                : t('why.methodSeed', { name: method.name, version: method.version, seed: method.seed })}
            </dd>
          </>
        )}
        {detail?.rule && (
          <>
            <dt>{t('why.record')}</dt>
            <dd>
              <RuleText rule={detail.rule} />
            </dd>
          </>
        )}
        {place.known.length > 0 && (
          <>
            <dt>{t('why.known')}</dt>
            <dd>
              <Said own>{place.known.join('. ')}</Said>
            </dd>
          </>
        )}
        {place.caveats.length > 0 && (
          <>
            <dt>{t('why.caveats')}</dt>
            <dd>
              <Said own>{place.caveats.join(' ')}</Said>
            </dd>
          </>
        )}
        <dt>{t('why.age')}</dt>
        <dd>
          <AgeLine data={data} />
        </dd>
      </dl>
      {place.cells.length > 0 && <p class="small muted">{t('why.cells', { n: place.cells.length })}</p>}
      {place.alert && (
        <p>
          <a href={`/alerts/${place.alert}`} onClick={onClose}>
            {t('why.openAlert')}
          </a>
        </p>
      )}
    </Dialog>
  );
}

/** p, for who asks for it. */
export function PTap({ p }: { p: number }) {
  return (
    <details class="p-tap">
      <summary>{t('why.p')}</summary>
      {pValue(p)}
    </details>
  );
}

/** Records of a liaison's areas that are shown beside that of the whole. */
const MOST_AREAS = 3;

/** The forecast's printed skill against the one to beat, and what became of those of past days. */
function Skill({ days: horizon }: { days: number }) {
  const { data } = useResource<{
    items: Forecast[];
    records: ForecastRecord[];
    track_records?: TrackRecord[];
  }>(`/forecasts?level=cell&kind=overdose&days=${horizon}`);
  const method = data?.items[0]?.method.name;
  const record = data?.records.find((r) => r.level === 'cell' && r.method === method) ?? data?.records[0];
  if (!data) return null;
  return (
    <div class="small muted stack">
      <p>{trackText(data.track_records?.find((r) => r.level === 'cell' && !r.area))}</p>
      {data.track_records
        ?.filter((r) => r.area)
        .slice(0, MOST_AREAS)
        .map((r) => (
          <p key={r.area}>{trackText(r)}</p>
        ))}
      {record && (
        <p>
          {t('why.skill', {
            n: number(record.origins),
            score: number(record.log_score, 3),
            history: number(record.history_log_score, 3),
          })}
        </p>
      )}
    </div>
  );
}
