// The reports that are taken for one overdose, and a person's word against it.
import { useState } from 'preact/hooks';
import { api, newKey } from '../api/client';
import type { IncidentDetail, LinkDecision } from '../api/incident-types';
import type { EventRow } from '../api/types';
import { t } from '../i18n';
import { exactTime, number } from '../i18n/format';
import { useResource } from '../state/resource';
import { Dialog } from '../ui/dialog';
import { explain, Failure, Skeleton, toast, word } from '../ui/parts';

/** Say that a report and each of the others are one overdose, or are not. */
export async function sayOfLink(
  verdict: LinkDecision['verdict'],
  event: string,
  others: readonly string[],
  note: string,
): Promise<void> {
  const body = { verdict, event, others, note };
  await api('/incidents/decisions', { method: 'POST', body, idempotencyKey: newKey() });
  toast(t('incident.saved'));
}

interface Props {
  id: string;
  onClose: () => void;
}

export function IncidentDialog({ id, onClose }: Props) {
  const detail = useResource<IncidentDetail>(`/incidents/${id}`);
  const reports = detail.data?.events ?? [];
  return (
    <Dialog title={t('incident.title', { n: reports.length || 2 })} onClose={onClose}>
      {!detail.data && detail.error === null && <Skeleton lines={4} />}
      {!detail.data && detail.error !== null && <Failure error={detail.error} retry={detail.reload} />}
      {detail.data && <Reports detail={detail.data} onSaid={onClose} />}
    </Dialog>
  );
}

function Reports({ detail, onSaid }: { detail: IncidentDetail; onSaid: () => void }) {
  const { incident, events, decisions } = detail;
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const part = async (event: EventRow) => {
    setBusy(true);
    setFailed(null);
    const others = events.filter((other) => other.id !== event.id).map((other) => other.id);
    try {
      await sayOfLink('apart', event.id, others, note.trim());
      onSaid();
    } catch (error) {
      setFailed(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="stack">
      <p>
        {t('incident.lead', { n: incident.sources })}{' '}
        {incident.by_person
          ? t('incident.byPerson')
          : t('incident.score', { n: number(Math.min(99, Math.floor(incident.score * 100))) })}
      </p>
      <ul class="plain stack">
        {events.map((event) => (
          <li key={event.id} class="card stack">
            <p>
              <strong>{event.source}</strong> · {exactTime(event.occurred_at)}
            </p>
            <p class="small muted">
              {word('outcome', event.outcome)} · {event.location.town ?? event.location.area ?? '–'} (
              {word('precision', event.location.precision)})
            </p>
            {events.length > 1 && (
              <button
                type="button"
                class="button"
                disabled={busy}
                aria-label={t('incident.apart.which', {
                  source: event.source,
                  time: exactTime(event.occurred_at),
                })}
                onClick={() => void part(event)}
              >
                {t('incident.apart')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {decisions.map((said) => (
        <p class="small" key={`${said.event} ${said.other}`}>
          {t(`incident.said.${said.verdict}`, { by: said.by, time: exactTime(said.at) })} {said.note}
        </p>
      ))}
      <label class="field">
        <span>{t('incident.note')}</span>
        <input maxLength={500} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      {failed && (
        <p class="notice bad" role="alert">
          {failed}
        </p>
      )}
    </div>
  );
}
