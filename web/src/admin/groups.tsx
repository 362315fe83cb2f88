// Rows that could not be read, by what is wrong with them, and the rules that were made for them.
import { useState } from 'preact/hooks';
import { api, withQuery } from '../api/client';
import type { MendRecord, RejectGroup } from '../api/quality-types';
import { t } from '../i18n';
import { day, number } from '../i18n/format';
import { type Resource, useResource } from '../state/resource';
import { setQuery } from '../state/route';
import { Ago, Empty, explain, Failure, Said, Skeleton, toast, word } from '../ui/parts';
import { RuleForm } from './rule-form';
import { groupSentence, mendText } from './words';

interface Props {
  source: string | null;
  chosen: string | null;
  onMended: () => void;
}

export function Groups({ source, chosen, onMended }: Props) {
  const groups = useResource<{ items: RejectGroup[] }>(withQuery('/quarantine/groups', { source }), [
    'events',
  ]);
  const rules = useResource<{ items: MendRecord[] }>('/quarantine/mends', ['events']);
  const items = groups.data?.items ?? [];
  const group = items.find((g) => g.id === chosen);
  const close = () => setQuery({ mend: null });
  const done = () => {
    close();
    toast(t('admin.rule.queued'));
    // The rows are read by the worker: a moment later most of it is done.
    for (const wait of [600, 2500, 6000]) {
      window.setTimeout(() => {
        groups.reload();
        rules.reload();
        onMended();
      }, wait);
    }
  };
  return (
    <>
      {groups.error !== null && !groups.data && <Failure error={groups.error} retry={groups.reload} />}
      {!groups.data && groups.error === null && <Skeleton lines={5} />}
      {groups.data && items.length === 0 && (
        <Empty title={t('admin.quarantine.empty.title')}>{t('admin.quarantine.empty.text')}</Empty>
      )}
      <ul class="stack">
        {items.map((g) => (
          <li key={g.id}>
            <GroupCard group={g} />
          </li>
        ))}
      </ul>
      <Rules rules={rules} />
      {group && <RuleForm group={group} onClose={close} onDone={done} />}
    </>
  );
}

function GroupCard({ group }: { group: RejectGroup }) {
  const first = day(group.first_at.slice(0, 10));
  const last = day(group.last_at.slice(0, 10));
  return (
    <article class="card" data-group={group.id}>
      <p class="row between">
        <span class="strong">
          {t('admin.group.rows', { n: group.rows, rows: number(group.rows), source: group.source_name })}
        </span>
        <span class="small muted">{word('reject', group.reason)}</span>
      </p>
      <p>
        <Said own>{groupSentence(group)}</Said>
      </p>
      <p class="small muted">
        {group.value !== '' && (
          <>
            {t('admin.group.example')} <code>{group.value}</code> ({group.example.origin},{' '}
            {t('admin.line', { n: group.example.line })}) ·{' '}
          </>
        )}
        {first === last ? first : t('admin.group.between', { first, last })}
      </p>
      <div class="row">
        <button type="button" class="button primary" onClick={() => setQuery({ mend: group.id }, 'push')}>
          {t('admin.group.fix', { n: group.rows })}
          <span class="visually-hidden"> {groupSentence(group)}</span>
        </button>
        <button
          type="button"
          class="button"
          onClick={() => setQuery({ group: group.id, after: null }, 'push')}
        >
          {t('admin.group.show')}
          <span class="visually-hidden"> {groupSentence(group)}</span>
        </button>
      </div>
    </article>
  );
}

function Rules({ rules }: { rules: Resource<{ items: MendRecord[] }> }) {
  const items = rules.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <details open={items.some((r) => r.state === 'queued')}>
      <summary>{t('admin.rules', { n: items.length })}</summary>
      <ul class="stack">
        {items.map((rule) => (
          <li key={rule.id} class="card">
            <RuleLine rule={rule} reload={rules.reload} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function RuleLine({ rule, reload }: { rule: MendRecord; reload: () => void }) {
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await api(`/quarantine/mends/${rule.id}`, { method: 'DELETE' });
      reload();
    } catch (error) {
      toast(explain(error));
    }
    setBusy(false);
  };
  return (
    <>
      <p>
        <span class="strong">{rule.source}</span>: {rule.mends.map(mendText).join('; ')}
      </p>
      <p class="small muted">
        {rule.made_by} · <Ago at={rule.made_at} /> ·{' '}
        {rule.state === 'queued'
          ? t('admin.rule.waits')
          : t('admin.rule.did', {
              mended: number(rule.mended),
              notCases: number(rule.not_cases),
              discarded: number(rule.discarded),
              bad: number(rule.still_bad),
            })}
        {rule.note !== '' && (
          <>
            {' · '}
            <Said own>{rule.note}</Said>
          </>
        )}
      </p>
      {rule.standing && (
        <p class="row between">
          <span class="small">{t('admin.rule.stands')}</span>
          <button type="button" class="button" disabled={busy} onClick={() => void end()}>
            {t('admin.rule.end')}
          </button>
        </p>
      )}
    </>
  );
}
