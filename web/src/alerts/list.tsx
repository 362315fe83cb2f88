// Alerts, loudest first. The filters are in the address.
import { withQuery } from '../api/client';
import type { Alert, Page } from '../api/types';
import { t } from '../i18n';
import { dayShort, onceIn } from '../i18n/format';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import {
  AgeLine,
  Choices,
  Empty,
  Failure,
  type Mark,
  Said,
  SilentFeeds,
  Skeleton,
  TierMark,
} from '../ui/parts';
import { TurnWord } from './course';

const STATES = {
  current: 'open,acknowledged,investigating',
  past: 'dismissed,over',
  all: 'open,acknowledged,investigating,dismissed,over',
} as const;
type StateChoice = keyof typeof STATES;

export function AlertsPage() {
  const query = route.value.query;
  const chosen = query.get('state');
  const state: StateChoice = chosen === 'past' || chosen === 'all' ? chosen : 'current';
  const tier = query.get('tier') === 'alert' ? 'alert' : 'all';
  const path = withQuery('/alerts', {
    state: STATES[state],
    tier: tier === 'alert' ? 'alert' : null,
    cursor: query.get('cursor'),
  });
  const alerts = useResource<Page<Alert>>(path, ['alerts', 'analysis']);
  const items = alerts.data?.items ?? [];
  const next = alerts.data?.next;

  return (
    <div class="page stack">
      <header>
        <h1>{t('alerts.title')}</h1>
        <p class="muted">
          {t('alerts.lead')} <a href="/alerts/rules">{t('alerts.rules')}</a>
        </p>
      </header>
      <div class="row wide-gap">
        <Choices
          legend={t('alerts.state')}
          name="state"
          value={state}
          options={(['current', 'past', 'all'] as const).map((value) => ({
            value,
            label: t(`alerts.state.${value}`),
          }))}
          onChange={(value) => setQuery({ state: value === 'current' ? null : value, cursor: null })}
        />
        <Choices
          legend={t('alerts.tier')}
          name="tier"
          value={tier}
          options={(['all', 'alert'] as const).map((value) => ({ value, label: t(`alerts.tier.${value}`) }))}
          onChange={(value) => setQuery({ tier: value === 'all' ? null : value, cursor: null })}
        />
      </div>
      {alerts.error !== null && !alerts.data && <Failure error={alerts.error} retry={alerts.reload} />}
      {!alerts.data && alerts.loading && <Skeleton lines={8} />}
      {alerts.data && items.length === 0 && (
        <Empty title={t('alerts.empty.title')}>{t('alerts.empty.text')}</Empty>
      )}
      {alerts.data?.data && <SilentFeeds data={alerts.data.data} />}
      <ul class="stack alert-list">
        {items.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
      {next && (
        <p>
          <button type="button" class="button" onClick={() => setQuery({ cursor: next }, 'push')}>
            {t('app.more')}
          </button>
        </p>
      )}
      <AgeLine data={alerts.data?.data} plain />
    </div>
  );
}

export const markOf = (alert: Alert): Mark => (alert.state === 'over' ? 'over' : alert.tier);

function AlertRow({ alert }: { alert: Alert }) {
  return (
    <li>
      <a class="card alert-row" href={`/alerts/${alert.id}`}>
        <span class="row between">
          <TierMark tier={markOf(alert)} />
          <span class={`state ${alert.state}`}>{t(`state.${alert.state}`)}</span>
        </span>
        <span class="strong">
          <Said>{alert.headline}</Said>
        </span>
        <span class="small muted">
          {t('alerts.since', { day: dayShort(alert.first_signalled) })} ·{' '}
          {t('alerts.chance', { often: onceIn(alert.recurrence_interval_days) })}
          {alert.state !== 'over' && ' · '}
          <TurnWord alert={alert} />
        </span>
      </a>
    </li>
  );
}
