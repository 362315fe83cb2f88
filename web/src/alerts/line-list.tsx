// The rows behind an alert, for those who may see them. Areas and times, no addresses.
import type { EventRow } from '../api/types';
import { t } from '../i18n';
import { exactTime } from '../i18n/format';
import { word } from '../ui/parts';

export function LineList({ events, fresh }: { events: EventRow[]; fresh: readonly string[] }) {
  if (events.length === 0) return null;
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
              <th scope="col">{t('table.occurred')}</th>
              <th scope="col">{t('alert.lineList.since')}</th>
              <th scope="col">{t('table.outcome')}</th>
              <th scope="col">{t('table.naloxone')}</th>
              <th scope="col">{t('log.where')}</th>
              <th scope="col">{t('table.precision')}</th>
              <th scope="col">{t('table.source')}</th>
              <th scope="col">{t('table.received')}</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr key={event.id}>
                <th scope="row">{exactTime(event.occurred_at)}</th>
                <td class={fresh.includes(event.id) ? 'strong' : 'muted'}>
                  {t(fresh.includes(event.id) ? 'alert.lineList.isNew' : 'alert.lineList.ongoing')}
                </td>
                <td>{word('outcome', event.outcome)}</td>
                <td>{word('naloxone', event.naloxone)}</td>
                <td>{event.location.town ?? event.location.area ?? '–'}</td>
                <td>{word('precision', event.location.precision)}</td>
                <td>{event.source}</td>
                <td>{exactTime(event.received_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
