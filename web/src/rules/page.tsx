// The alert rules in words: what each asks, what it may cost by chance, what it did, what it cannot see.
import { useState } from 'preact/hooks';
import { api } from '../api/client';
import type { RuleRow } from '../api/rule-types';
import type { DataAge } from '../api/types';
import { t, tWord } from '../i18n';
import { number } from '../i18n/format';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { role } from '../state/session';
import { useAreas } from '../ui/areas';
import { AgeLine, Empty, explain, Failure, Skeleton, TierMark, toast } from '../ui/parts';
import { RuleText } from '../ui/rule-text';
import { RuleAreas } from './areas';
import { RuleForm } from './form';
import { asSet, ruleName, ruleSentence } from './words';

interface Rules {
  items: RuleRow[];
  data: DataAge;
}

const NEW = 'new';

export function RulesPage() {
  const rules = useResource<Rules>('/rules', ['analysis', 'alerts']);
  const { levels } = useAreas();
  const edited = route.value.query.get('edit');
  const items = rules.data?.items ?? [];
  const admin = role.value === 'admin';
  const chosen = items.find((rule) => rule.id === edited);
  const close = () => setQuery({ edit: null });
  const done = () => {
    close();
    rules.reload();
    toast(t('rules.saved'));
  };
  return (
    <div class="page stack">
      <header class="stack">
        <p class="small">
          <a href="/alerts">{t('rules.back')}</a>
        </p>
        <h1>{t('rules.title')}</h1>
        <p class="muted">{t('rules.lead')}</p>
      </header>
      {rules.error !== null && !rules.data && <Failure error={rules.error} retry={rules.reload} />}
      {!rules.data && rules.error === null && <Skeleton lines={8} />}
      {rules.data && items.length === 0 && (
        <Empty title={t('rules.empty.title')}>{t('rules.empty.text')}</Empty>
      )}
      <ul class="stack">
        {items.map((rule) => (
          <RuleCard key={rule.id} rule={rule} admin={admin} reload={rules.reload} />
        ))}
      </ul>
      {admin && (
        <div>
          <button type="button" class="button primary" onClick={() => setQuery({ edit: NEW }, 'push')}>
            {t('rules.add')}
          </button>
        </div>
      )}
      <AgeLine data={rules.data?.data} />
      {admin && levels.length > 0 && (chosen || edited === NEW) && (
        <RuleForm rule={chosen ?? null} taken={items.map((rule) => rule.id)} onClose={close} onDone={done} />
      )}
    </div>
  );
}

function RuleCard({ rule, admin, reload }: { rule: RuleRow; admin: boolean; reload: () => void }) {
  const back = rule.looked_back;
  return (
    <li class="card stack" data-rule={rule.id}>
      <p class="row between">
        <span class="strong">{ruleName(rule)}</span>
        {rule.enabled ? <TierMark tier={rule.tier} /> : <span class="muted">{t('rules.off')}</span>}
      </p>
      <p>{ruleSentence(rule)}</p>
      <p class="small">
        {t('rules.record')}: <RuleText rule={rule.record} />
        {rule.record.dismissed_for.length > 0 && (
          <>
            {' '}
            (
            {rule.record.dismissed_for
              .map((d) => `${tWord('reasons', d.reason)} ${number(d.alerts)}`)
              .join(', ')}
            )
          </>
        )}
      </p>
      {back && (
        <p class="small muted">
          {t('rules.back.year', {
            n: back.begun,
            years: number(back.years, 1),
            chance: number(back.by_chance, 1),
          })}
        </p>
      )}
      {rule.places.look_at !== 'clusters' && rule.enabled && <RuleAreas rule={rule} />}
      {admin && <RuleActions rule={rule} reload={reload} />}
    </li>
  );
}

function RuleActions({ rule, reload }: { rule: RuleRow; reload: () => void }) {
  const [busy, setBusy] = useState(false);
  const act = async (what: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await what();
      toast(t('rules.saved'));
      reload();
    } catch (error) {
      toast(explain(error));
    }
    setBusy(false);
  };
  const path = `/rules/${rule.id}`;
  const turn = () =>
    act(() => api(path, { method: 'PUT', body: { ...asSet(rule), enabled: !rule.enabled } }));
  const remove = () => act(() => api(path, { method: 'DELETE' }));
  return (
    <div class="row">
      <button
        type="button"
        class="button"
        disabled={busy}
        onClick={() => setQuery({ edit: rule.id }, 'push')}
      >
        {t('rules.change')}
        <span class="visually-hidden"> {ruleName(rule)}</span>
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => void turn()}>
        {t(rule.enabled ? 'rules.turnOff' : 'rules.turnOn')}
        <span class="visually-hidden"> {ruleName(rule)}</span>
      </button>
      {(!rule.built_in || rule.changed) && (
        <button type="button" class="button" disabled={busy} onClick={() => void remove()}>
          {t(rule.built_in ? 'rules.reset' : 'rules.remove')}
          <span class="visually-hidden"> {ruleName(rule)}</span>
        </button>
      )}
    </div>
  );
}
