// The rows behind an alert, for those who may see them. Areas and times, no addresses.
import { useState } from 'preact/hooks';
import type { EventRow } from '../api/types';
import { t } from '../i18n';
import { exactTime } from '../i18n/format';
import { explain, word } from '../ui/parts';
import { IncidentDialog, sayOfLink } from './incident';

interface Props {
  events: EventRow[];
  fresh: readonly string[];
  /** Told of by a source of another jurisdiction, too; which one is nobody's business here. */
  elsewhere: readonly string[];
}

export function LineList({ events, fresh, elsewhere }: Props) {
  const [opened, setOpened] = useState<string | null>(null);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  if (events.length === 0) return null;
  const join = async () => {
    const [first, ...others] = chosen;
    if (first === undefined || others.length === 0) return;
    setFailed(null);
    try {
      await sayOfLink('together', first, others, '');
      setChosen([]);
    } catch (error) {
      setFailed(explain(error));
    }
  };
  return (
    <section class="stack">
      <h2>
        {t('alert.lineList')} ({events.length}
        {fresh.length > 0 &&
          fresh.length < events.length &&
          ` · ${t('alert.lineList.new', { n: fresh.length })}`}
        )
      </h2>
      <p class="small muted">{t('alert.lineList.note')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap" tabIndex={0} aria-label={t('alert.lineList')}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">{t('incident.choice')}</span>
              </th>
              <th scope="col">{t('table.occurred')}</th>
              <th scope="col">{t('alert.lineList.since')}</th>
              <th scope="col">{t('table.outcome')}</th>
              <th scope="col">{t('table.naloxone')}</th>
              <th scope="col">{t('log.where')}</th>
              <th scope="col">{t('table.precision')}</th>
              <th scope="col">{t('table.source')}</th>
              <th scope="col">{t('incident.told')}</th>
              <th scope="col">{t('table.received')}</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr key={event.id}>
                <td>
                  <label class="pick">
                    <input
                      type="checkbox"
                      aria-label={t('incident.choose', {
                        source: event.source,
                        time: exactTime(event.occurred_at),
                      })}
                      checked={chosen.includes(event.id)}
                      onChange={(change) =>
                        setChosen(
                          change.currentTarget.checked
                            ? [...chosen, event.id]
                            : chosen.filter((id) => id !== event.id),
                        )
                      }
                    />
                  </label>
                </td>
                <th scope="row">{exactTime(event.occurred_at)}</th>
                <td class={fresh.includes(event.id) ? 'strong' : 'muted'}>
                  {t(fresh.includes(event.id) ? 'alert.lineList.isNew' : 'alert.lineList.ongoing')}
                </td>
                <td>{word('outcome', event.outcome)}</td>
                <td>{word('naloxone', event.naloxone)}</td>
                <td>{event.location.town ?? event.location.area ?? '–'}</td>
                <td>{word('precision', event.location.precision)}</td>
                <td>{event.source}</td>
                <td>
                  {event.incident ? (
                    <button type="button" class="link" onClick={() => setOpened(event.incident ?? null)}>
                      {t('incident.several')}
                    </button>
                  ) : (
                    <span class="muted">{t('incident.one')}</span>
                  )}
                  {elsewhere.includes(event.id) && `, ${t('agreements.elsewhere')}`}
                </td>
                <td>{exactTime(event.received_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {chosen.length > 1 && (
        <p class="row">
          {t('incident.chosen', { n: chosen.length })}
          <button type="button" class="button" onClick={() => void join()}>
            {t('incident.together')}
          </button>
        </p>
      )}
      {failed && (
        <p class="notice bad" role="alert">
          {failed}
        </p>
      )}
      {opened && <IncidentDialog id={opened} onClose={() => setOpened(null)} />}
    </section>
  );
}
