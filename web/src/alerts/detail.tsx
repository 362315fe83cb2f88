// One alert, read from top to bottom like a page: what happened, day by day, where, how sure, what was
// done. The actions stay at the top.
import type { Alert, AlertDetail } from '../api/types';
import { PTap } from '../brief/why';
import { t, tWord } from '../i18n';
import { certaintyOf, days, number, onceIn } from '../i18n/format';
import { useResource } from '../state/resource';
import { patched } from '../state/route';
import { CorroborationLine } from '../ui/corroboration';
import { CountChart } from '../ui/count-chart';
import { AgeLine, Failure, Said, SilentFeeds, Skeleton, TierMark } from '../ui/parts';
import { RuleText } from '../ui/rule-text';
import { Actions } from './actions';
import { Course } from './course';
import { DecisionLine } from './decision-line';
import { LineList } from './line-list';
import { markOf } from './list';
import { Outline } from './outline';

export function AlertPage({ id }: { id: string }) {
  const detail = useResource<AlertDetail>(`/alerts/${id}`, ['alerts', 'analysis']);
  if (!detail.data) {
    return (
      <div class="page stack">
        <BackLink />
        {detail.error !== null ? (
          <Failure error={detail.error} retry={detail.reload} />
        ) : (
          <Skeleton lines={10} />
        )}
      </div>
    );
  }
  const { alert, decisions, signals, course, curve, line_list, new_events, told_elsewhere, rule, data } =
    detail.data;
  return (
    <article class="page stack alert-page">
      <BackLink />
      <header class="alert-head">
        <div class="stack">
          <p class="row">
            <TierMark tier={markOf(alert)} />
            <span class={`state ${alert.state}`}>{t(`state.${alert.state}`)}</span>
          </p>
          <h1>
            <Said>{alert.headline}</Said>
          </h1>
        </div>
        <Actions
          alert={alert}
          onAnswer={(answer) => detail.data && detail.replace({ ...detail.data, ...answer })}
          onStale={detail.reload}
        />
      </header>
      <SilentFeeds data={data} />
      <section class="stack">
        <h2>{t('alert.what')}</h2>
        <p>
          <Said>{alert.sentence}</Said>
        </p>
        <CorroborationLine of={detail.data.corroboration} />
        <p class="small muted">{days(alert.window.from, alert.window.to)}</p>
      </section>
      <section class="stack">
        <h2>{t('alert.curve')}</h2>
        <CountChart
          label={t('alert.curve.label')}
          window={alert.window}
          points={curve.map((p) => ({ ...p, from: p.day, to: p.day, complete: p.complete ?? true }))}
        />
      </section>
      <Course steps={course} over={alert.state === 'over'} />
      <Where alert={alert} />
      <section class="stack">
        <h2>{t('alert.sure')}</h2>
        <p>
          {capital(
            t(alert.cells.length > 0 ? 'alert.sure.text' : 'alert.sure.textArea', {
              place: alert.place_name,
              certainty: t(`certainty.${certaintyOf(alert.recurrence_interval_days)}`),
              often: onceIn(alert.recurrence_interval_days),
            }),
          )}
          {alert.peak_recurrence_interval_days > alert.recurrence_interval_days && (
            <> {t('alert.sure.peak', { often: onceIn(alert.peak_recurrence_interval_days) })}</>
          )}
        </p>
        {alert.caveats.length > 0 && (
          <ul class="notice" lang="en">
            {alert.caveats.map((caveat) => (
              <li key={caveat}>{caveat}</li>
            ))}
          </ul>
        )}
        <PTap p={alert.p_value} />
        {rule && (
          <p class="small muted">
            {t('alert.rule')} (<a href="/alerts/rules">{tWord('rules.name', rule.name)}</a>):{' '}
            <RuleText rule={rule} />
          </p>
        )}
        <Methods detail={detail.data} count={signals.length} />
      </section>
      <section class="stack">
        <h2>{t('alert.done')}</h2>
        {decisions.length === 0 ? (
          <p class="muted">{t('alert.done.none')}</p>
        ) : (
          <Decisions detail={detail.data} />
        )}
      </section>
      {line_list && <LineList events={line_list} fresh={new_events ?? []} elsewhere={told_elsewhere ?? []} />}
      <AgeLine data={data} plain />
    </article>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function BackLink() {
  return (
    <p>
      <a href="/alerts">← {t('alert.back')}</a>
    </p>
  );
}

function Where({ alert }: { alert: Alert }) {
  const map = patched(new URLSearchParams(), {
    from: alert.window.from,
    to: alert.window.to,
    kind: alert.kind,
    lat: alert.centre?.lat.toFixed(4),
    lon: alert.centre?.lon.toFixed(4),
    zoom: 11,
  });
  return (
    <section class="stack">
      <h2>{t('alert.where')}</h2>
      <div class="where">
        <Outline alert={alert} />
        <div class="stack">
          <p>
            {alert.cells.length > 0
              ? t('alert.where.text', {
                  n: alert.cells.length,
                  place: alert.place_name,
                  km: number(alert.radius_km ?? 0, 1),
                })
              : t('alert.where.area', { place: alert.place_name })}
          </p>
          <p>
            <a href={`/map?${map.toString()}`}>{t('alert.where.map')}</a>
          </p>
        </div>
      </div>
    </section>
  );
}

function Methods({ detail, count }: { detail: AlertDetail; count: number }) {
  if (count === 0) return null;
  return (
    <details>
      <summary>{t('alert.sure.signals', { n: count })}</summary>
      <ul class="stack small">
        {detail.signals.map((signal) => (
          <li key={signal.id}>
            {days(signal.window.from, signal.window.to)} · {signal.method.name} v{signal.method.version}
            {signal.method.seed !== null && ` · seed ${signal.method.seed}`}
            {signal.replications !== null && ` · ${number(signal.replications)} replications`} ·{' '}
            {onceIn(signal.recurrence_interval_days)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Decisions({ detail }: { detail: AlertDetail }) {
  return (
    <ol class="stack decisions">
      {detail.decisions.map((decision) => (
        <li key={`${decision.at}${decision.kind}`}>
          <DecisionLine decision={decision} />
        </li>
      ))}
    </ol>
  );
}
