// Acknowledge, investigate, dismiss, reopen. A decision names the version it saw: when somebody was
// quicker the service answers 409, and we show what is true now instead of overwriting it.
import { useState } from 'preact/hooks';
import { ApiError, api, newKey } from '../api/client';
import type { Alert, Decision, DecisionKind, DismissReason } from '../api/types';
import { t } from '../i18n';
import { decidesAlerts } from '../state/session';
import { Dialog } from '../ui/dialog';
import { Choices, explain, toast } from '../ui/parts';

interface Answer {
  alert: Alert;
  decisions: Decision[];
}

interface Props {
  alert: Alert;
  onAnswer: (answer: Answer) => void;
  onStale: () => void;
}

/** What can be decided in a state. */
export function actionsOf(state: Alert['state']): DecisionKind[] {
  switch (state) {
    case 'open':
      return ['acknowledge', 'investigate', 'dismiss'];
    case 'acknowledged':
      return ['investigate', 'dismiss'];
    case 'investigating':
      return ['dismiss'];
    case 'dismissed':
      return ['reopen'];
    case 'over':
      return [];
  }
}

export function Actions({ alert, onAnswer, onStale }: Props) {
  const [busy, setBusy] = useState(false);
  const [dismissing, setDismissing] = useState(false);
  const [message, setMessage] = useState<string | null>(null);
  if (!decidesAlerts.value) return null;

  const decide = async (kind: DecisionKind, reason?: DismissReason, note?: string) => {
    setBusy(true);
    setMessage(null);
    try {
      const answer = await api<Answer>(`/alerts/${alert.id}/decisions`, {
        method: 'POST',
        body: { kind, reason, note, alert_version: alert.version },
        idempotencyKey: newKey(),
      });
      setDismissing(false);
      onAnswer(answer);
      toast(t('alert.saved', { what: t(`decision.${kind}`) }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        setDismissing(false);
        setMessage(t('alert.changed'));
        onStale();
      } else {
        setMessage(explain(error));
      }
    } finally {
      setBusy(false);
    }
  };

  const kinds = actionsOf(alert.state);
  return (
    <div class="actions stack">
      {kinds.length > 0 && (
        <fieldset class="row">
          <legend class="visually-hidden">{t('alert.actions')}</legend>
          {kinds.map((kind, i) => (
            <button
              key={kind}
              type="button"
              class={`button ${i === 0 && kind !== 'dismiss' ? 'primary' : ''}`}
              disabled={busy}
              onClick={() => (kind === 'dismiss' ? setDismissing(true) : void decide(kind))}
            >
              {t(`alert.${kind}`)}
            </button>
          ))}
        </fieldset>
      )}
      {message && (
        <p class="notice bad" role="alert">
          {message}
        </p>
      )}
      {dismissing && (
        <DismissDialog
          busy={busy}
          onClose={() => setDismissing(false)}
          onDismiss={(reason, note) => void decide('dismiss', reason, note)}
        />
      )}
    </div>
  );
}

const REASONS = ['known_cause', 'data_problem', 'chance', 'already_handled', 'other'] as const;

interface DismissProps {
  busy: boolean;
  onClose: () => void;
  onDismiss: (reason: DismissReason, note: string) => void;
}

function DismissDialog({ busy, onClose, onDismiss }: DismissProps) {
  const [reason, setReason] = useState<DismissReason | ''>('');
  const [note, setNote] = useState('');
  const [asked, setAsked] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    if (reason === '') setAsked(true);
    else onDismiss(reason, note.trim());
  };
  return (
    <Dialog title={t('alert.dismiss.title')} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <Choices<DismissReason | ''>
          legend={t('alert.dismiss.why')}
          name="reason"
          columns
          value={reason}
          options={REASONS.map((value) => ({ value, label: t(`reason.${value}`) }))}
          onChange={setReason}
        />
        {asked && reason === '' && (
          <p class="notice bad" role="alert">
            {t('alert.dismiss.needed')}
          </p>
        )}
        <label class="field">
          <span>{t('alert.note')}</span>
          <textarea maxLength={2000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <div class="foot">
          <button type="button" class="button" onClick={onClose}>
            {t('app.cancel')}
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            {t('alert.dismiss')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
