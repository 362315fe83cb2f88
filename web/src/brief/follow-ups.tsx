// Contacts owed after an overdose, soonest first, with the hours left.
import { useState } from 'preact/hooks';
import type { FollowUp } from '../api/types';
import { t } from '../i18n';
import { exactTime, hoursLeft } from '../i18n/format';
import { setQuery } from '../state/route';
import { Said } from '../ui/parts';

const SHOWN = 10;

export function FollowUps({ items }: { items: FollowUp[] }) {
  const [limit, setLimit] = useState(SHOWN);
  const due = inOrder(items.filter((item) => item.state === 'due' || item.state === 'attempted'));
  if (due.length === 0) {
    return (
      <section class="follow-ups">
        <h2>{t('brief.followUps')}</h2>
        <p class="muted small">{t('brief.followUps.none')}</p>
      </section>
    );
  }
  const late = due.filter((item) => Date.parse(item.due_by) < Date.now());
  const next = due.find((item) => Date.parse(item.due_by) >= Date.now());
  return (
    <details class="follow-ups">
      <summary>
        {t('brief.followUps')} <Dots done={items.length - due.length} due={due.length} />{' '}
        <span class="small follow-sum">
          {t('brief.followUps.today', { n: due.length })}
          {late.length > 0 && ` · ${t('brief.followUps.late', { n: late.length })}`}
          {next && ` · ${t('brief.followUps.soonest', { n: hoursLeft(next.due_by) })}`}
        </span>
      </summary>
      <ul class="stack">
        {due.slice(0, limit).map((item) => (
          <li key={item.id} class="row between follow-up">
            <div>
              <p>
                <Said>{item.what}</Said>
              </p>
              <p class="small muted">
                {item.place_name} · <Left by={item.due_by} />
                {item.attempts > 0 && ` · ${t('brief.followUp.attempts', { n: item.attempts })}`}
              </p>
            </div>
            <button type="button" class="button" onClick={() => logFor(item)}>
              {t('brief.followUp.log')}
            </button>
          </li>
        ))}
      </ul>
      {due.length > limit && (
        <p>
          <button type="button" class="button" onClick={() => setLimit(limit + 50)}>
            {t('app.more')}
          </button>
        </p>
      )}
    </details>
  );
}

/** What can still be done in time comes first, soonest due first; then what is overdue, newest first. */
export function inOrder(items: FollowUp[], now = Date.now()): FollowUp[] {
  const late = (item: FollowUp) => Number(Date.parse(item.due_by) < now);
  return [...items].sort((a, b) => {
    const byDue = late(a) ? b.due_by.localeCompare(a.due_by) : a.due_by.localeCompare(b.due_by);
    return late(a) - late(b) || byDue || a.id.localeCompare(b.id);
  });
}

function logFor(item: FollowUp): void {
  setQuery({ log: 'follow_up', follow_up: item.id, at_cell: item.cell, at_area: item.area }, 'push');
}

function Left({ by }: { by: string }) {
  const ms = Date.parse(by) - Date.now();
  if (ms >= 0) return <span title={exactTime(by)}>{t('brief.followUp.left', { n: hoursLeft(by) })}</span>;
  return (
    <span class="strong late" title={exactTime(by)}>
      {t('brief.followUp.late', { n: Math.max(1, Math.round(-ms / 3_600_000)) })}
    </span>
  );
}

/** ● done, ○ still due; at most nine, the words beside them hold the number. */
function Dots({ done, due }: { done: number; due: number }) {
  return (
    <span class="dots" aria-hidden="true">
      {'●'.repeat(Math.min(4, done))}
      {'○'.repeat(Math.min(5, due))}
    </span>
  );
}
