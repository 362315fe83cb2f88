// Data quality: every source with what stands out about it, worst first; opened, everything that is counted of it.
import { useState } from 'preact/hooks';
import type { QualityList, SourceQuality } from '../api/quality-types';
import { t } from '../i18n';
import { number } from '../i18n/format';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { role } from '../state/session';
import { AgeLine, Ago, Empty, Failure, Skeleton } from '../ui/parts';
import { Detail } from './detail';
import { Guides } from './guides';
import { sourceSentence } from './words';

export function QualityPage() {
  const list = useResource<QualityList>('/quality', ['events', 'analysis']);
  const items = list.data?.items ?? [];
  const open = route.value.query.get('source');
  return (
    <div class="page stack">
      <header class="stack">
        <h1>{t('quality.title')}</h1>
        <p class="muted">{t('quality.lead')}</p>
      </header>
      {list.error !== null && !list.data && <Failure error={list.error} retry={list.reload} />}
      {!list.data && list.error === null && <Skeleton lines={6} />}
      {list.data && items.length === 0 && (
        <Empty title={t('quality.empty.title')}>{t('quality.empty.text')}</Empty>
      )}
      <ul class="stack">
        {items.map((source) => (
          <SourceCard key={source.source} source={source} open={source.source === open} />
        ))}
      </ul>
      <Guides />
      <AgeLine data={list.data?.data} plain />
    </div>
  );
}

/** A mark and a word: the shape alone tells the standings apart. */
function Standing({ of }: { of: SourceQuality['standing'] }) {
  return (
    <span class={`tier standing ${of}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {of === 'silent' && <path d="M3 3 13 13M13 3 3 13" stroke="currentColor" stroke-width="2.5" />}
        {of === 'rows_wait' && (
          <path d="M2 3h12v4H2zM2 9h12v4H2z" fill="none" stroke="currentColor" stroke-width="2" />
        )}
        {of === 'worse' && (
          <path
            d="M1 4 6 9l3-3 6 7"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
          />
        )}
        {of === 'unknown' && (
          <circle
            cx="8"
            cy="8"
            r="6"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-dasharray="3 2"
          />
        )}
        {of === 'as_usual' && (
          <path d="M2 8.5 6.5 13 14 4" fill="none" stroke="currentColor" stroke-width="2.5" />
        )}
      </svg>
      {t(`quality.standing.${of}`)}
    </span>
  );
}

function SourceCard({ source, open }: { source: SourceQuality; open: boolean }) {
  const [shown, setShown] = useState(open);
  return (
    <li class="card" data-source={source.source}>
      <p class="row between">
        <span class="strong">{source.name}</span>
        <Standing of={source.standing} />
      </p>
      <p>{sourceSentence(source)}</p>
      <p class="small muted">
        {t('quality.events', { n: source.events, events: number(source.events) })}
        {source.last_received_at && (
          <>
            {' · '}
            {t('quality.heard')} <Ago at={source.last_received_at} />
          </>
        )}
        {source.waiting > 0 && role.value === 'admin' && (
          <>
            {' · '}
            <a href={`/admin?source=${encodeURIComponent(source.source)}`}>{t('quality.toQuarantine')}</a>
          </>
        )}
      </p>
      <details
        open={open}
        onToggle={(event) => {
          const now = event.currentTarget.open;
          setShown(now);
          if (now) setQuery({ source: source.source });
          else if (route.value.query.get('source') === source.source) setQuery({ source: null });
        }}
      >
        <summary>
          {t('quality.details')}
          <span class="visually-hidden"> {source.name}</span>
        </summary>
        {shown && <Detail source={source.source} />}
      </details>
    </li>
  );
}
