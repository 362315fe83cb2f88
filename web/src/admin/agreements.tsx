// Agreements to link reports with other jurisdictions: proposed by one side, confirmed by the other, ended by either.
import { useState } from 'preact/hooks';
import type { Agreement, Agreements, OtherJurisdiction } from '../api/agreement-types';
import { api, newKey } from '../api/client';
import { type Key, t } from '../i18n';
import { exactTime } from '../i18n/format';
import { useResource } from '../state/resource';
import { explain, Failure, Select, Skeleton, toast } from '../ui/parts';

/** Nothing where the service holds one jurisdiction only. */
export function AgreementSection() {
  const list = useResource<Agreements>('/agreements');
  const { items = [], others = [] } = list.data ?? {};
  if (list.data && items.length === 0 && others.length === 0) return null;
  return (
    <section class="stack" aria-label={t('agreements.title')}>
      <h2>{t('agreements.title')}</h2>
      <p class="muted">{t('agreements.lead')}</p>
      {list.error !== null && !list.data && <Failure error={list.error} retry={list.reload} />}
      {!list.data && list.error === null && <Skeleton lines={3} />}
      {list.data && items.length === 0 && <p>{t('agreements.none')}</p>}
      <ul class="stack">
        {items.map((agreement) => (
          <li key={agreement.id}>
            <AgreementCard agreement={agreement} reload={list.reload} />
          </li>
        ))}
      </ul>
      {others.length > 0 && <Propose others={others} reload={list.reload} />}
    </section>
  );
}

function AgreementCard({ agreement, reload }: { agreement: Agreement; reload: () => void }) {
  const [busy, setBusy] = useState(false);
  const other = agreement.with.name;
  const act = async (what: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await what();
      toast(t('agreements.saved'));
    } catch (error) {
      toast(explain(error));
    }
    reload();
    setBusy(false);
  };
  const path = `/agreements/${agreement.id}`;
  const confirm = () =>
    act(() => api(`${path}/confirmation`, { method: 'POST', body: {}, idempotencyKey: newKey() }));
  const end = () => {
    if (agreement.state === 'in_force' && !window.confirm(t('agreements.end.sure', { other }))) return;
    void act(() => api(path, { method: 'DELETE' }));
  };
  return (
    <article class="card stack">
      <p class="row between">
        <span class="strong">{other}</span>
        <span class={agreement.state === 'in_force' ? 'strong' : 'muted'}>
          {t(`agreements.state.${agreement.state}`)}
        </span>
      </p>
      {agreement.note !== '' && <p>{agreement.note}</p>}
      <p class="small">{history(agreement).join(' ')}</p>
      {agreement.state !== 'ended' && (
        <div class="row">
          {agreement.waits_for_us && (
            <button type="button" class="button primary" disabled={busy} onClick={() => void confirm()}>
              {t('agreements.confirm')}
              <span class="visually-hidden"> {other}</span>
            </button>
          )}
          <button type="button" class="button" disabled={busy} onClick={end}>
            {t(endLabel(agreement))}
            <span class="visually-hidden"> {other}</span>
          </button>
        </div>
      )}
    </article>
  );
}

function endLabel(agreement: Agreement): Key {
  if (agreement.state === 'in_force') return 'agreements.end';
  return agreement.waits_for_us ? 'agreements.decline' : 'agreements.takeBack';
}

/** Who did what, and when, in the order in which it happened. */
function history(agreement: Agreement): string[] {
  const other = agreement.with.name;
  const steps = [
    ['proposed', agreement.proposed, agreement.proposed_here],
    ['confirmed', agreement.confirmed, !agreement.proposed_here],
    ['ended', agreement.ended, agreement.ended_here === true],
  ] as const;
  return steps.flatMap(([step, signed, here]) =>
    signed === null
      ? []
      : [
          t(`agreements.${step}.${here ? 'here' : 'there'}`, {
            by: signed.by,
            other,
            when: exactTime(signed.at),
          }),
        ],
  );
}

function Propose({ others, reload }: { others: readonly OtherJurisdiction[]; reload: () => void }) {
  const [chosen, setChosen] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const other = others.some((o) => o.id === chosen) ? chosen : (others[0]?.id ?? '');
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const body = { with: other, note: note.trim() };
      await api('/agreements', { method: 'POST', body, idempotencyKey: newKey() });
      setNote('');
      toast(t('agreements.saved'));
      reload();
    } catch (error) {
      setProblem(explain(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h3>{t('agreements.propose')}</h3>
      {problem && (
        <p class="notice bad" role="alert">
          {problem}
        </p>
      )}
      <Select
        label={t('agreements.with')}
        value={other}
        options={others.map((o) => ({ value: o.id, label: o.name }))}
        onChange={setChosen}
      />
      <label class="field">
        <span>{t('agreements.note')}</span>
        <input maxLength={500} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div>
        <button type="submit" class="button" disabled={busy}>
          {t('agreements.send')}
        </button>
      </div>
    </form>
  );
}
