// Rows that could not be read and how to mend them, and the sources with how fresh they are.
import { withQuery } from '../api/client';
import type { Page, QuarantinedRow, Sources } from '../api/types';
import { t } from '../i18n';
import { number } from '../i18n/format';
import { type Resource, useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { Ago, Empty, Failure, Said, Select, Skeleton, word } from '../ui/parts';
import { AgreementSection } from './agreements';
import { Groups } from './groups';
import { MendForm } from './mend-form';

export function AdminPage() {
  const sources = useResource<Sources>('/sources', ['events']);
  const query = route.value.query;
  const rows = useResource<Page<QuarantinedRow>>(
    withQuery('/quarantine', {
      source: query.get('source'),
      group: query.get('group'),
      after: query.get('after'),
    }),
    ['events'],
  );
  const waiting = (rows.data?.items ?? []).filter((row) => row.state === 'waiting');
  const chosen = waiting.find((row) => row.id === query.get('row'));
  const done = () => {
    setQuery({ row: null });
    rows.reload();
    sources.reload();
  };
  return (
    <div class="page wide-page stack">
      <h1>{t('admin.title')}</h1>
      <section class="stack">
        <h2>{t('admin.quarantine')}</h2>
        <p class="muted">{t('admin.quarantine.lead')}</p>
        <Select
          label={t('admin.source')}
          value={query.get('source') ?? ''}
          options={[
            { value: '', label: t('admin.source.all') },
            ...(sources.data?.items ?? []).map((s) => ({ value: s.source, label: s.name })),
          ]}
          onChange={(source) => setQuery({ source, group: null, after: null, row: null })}
        />
        <Groups source={query.get('source')} chosen={query.get('mend')} onMended={done} />
      </section>
      <section class="stack">
        <h2>{t('admin.quarantine.all')}</h2>
        {query.get('group') && (
          <p>
            {t('admin.group.only')}{' '}
            <button type="button" class="link" onClick={() => setQuery({ group: null, after: null })}>
              {t('admin.group.showAll')}
            </button>
          </p>
        )}
        {rows.error !== null && !rows.data && <Failure error={rows.error} retry={rows.reload} />}
        {!rows.data && rows.error === null && <Skeleton lines={5} />}
        {rows.data && waiting.length === 0 && <p class="muted">{t('admin.quarantine.empty.title')}</p>}
        <ul class="stack">
          {waiting.map((row) => (
            <RowCard key={row.id} row={row} />
          ))}
        </ul>
        {rows.data?.next && (
          <p>
            <button type="button" class="button" onClick={() => setQuery({ after: rows.data?.next }, 'push')}>
              {t('app.more')}
            </button>
          </p>
        )}
      </section>
      <SourceTable sources={sources} />
      <AgreementSection />
      {chosen && <MendForm row={chosen} onClose={() => setQuery({ row: null })} onDone={done} />}
    </div>
  );
}

function RowCard({ row }: { row: QuarantinedRow }) {
  return (
    <li class="card">
      <p class="row between">
        <span class="strong">{word('reject', row.reason)}</span>
        <span class="small muted">
          {row.source} · {row.origin} · {t('admin.line', { n: row.line })} · <Ago at={row.received_at} />
        </span>
      </p>
      <p>
        <Said>{row.message}</Said>
      </p>
      <div>
        <button type="button" class="button" onClick={() => setQuery({ row: row.id }, 'push')}>
          {t('admin.mend')}
        </button>
      </div>
    </li>
  );
}

function SourceTable({ sources }: { sources: Resource<Sources> }) {
  const data = sources.data;
  return (
    <section class="stack">
      <h2>{t('admin.sources')}</h2>
      <p>
        <a href="/quality">{t('admin.quality')}</a> · <a href="/admin/feeds/new">{t('mapping.open')}</a>
      </p>
      {sources.error !== null && !data && <Failure error={sources.error} retry={sources.reload} />}
      {!data && sources.error === null && <Skeleton lines={4} />}
      {data && data.items.length === 0 && (
        <Empty title={t('admin.sources.empty.title')}>{t('admin.sources.empty.text')}</Empty>
      )}
      {data && data.items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard.
        <section class="table-wrap" tabIndex={0} aria-label={t('admin.sources')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('admin.table.source')}</th>
                <th scope="col">{t('admin.table.state')}</th>
                <th scope="col" class="num">
                  {t('admin.table.events')}
                </th>
                <th scope="col">{t('admin.table.newest')}</th>
                <th scope="col">{t('admin.table.received')}</th>
                <th scope="col" class="num">
                  {t('admin.table.waiting')}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((source) => (
                <tr key={source.source}>
                  <th scope="row">{source.name}</th>
                  <td class={source.silent ? 'silent strong' : ''}>
                    {t(source.silent ? 'admin.sources.silent' : 'admin.sources.fresh')}
                  </td>
                  <td class="num">{number(source.events)}</td>
                  <td>{source.newest_event_at ? <Ago at={source.newest_event_at} /> : '–'}</td>
                  <td>{source.last_received_at ? <Ago at={source.last_received_at} /> : '–'}</td>
                  <td class="num">{number(source.waiting_rejects)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {data && <NotCases notCases={data.not_cases} />}
    </section>
  );
}

function NotCases({ notCases }: { notCases: Sources['not_cases'] }) {
  const rows = Object.entries(notCases ?? {}).flatMap(([source, labels]) =>
    labels.map((l) => ({ source, ...l })),
  );
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{t('admin.notCases')}</summary>
      <ul class="stack small">
        {rows.slice(0, 40).map((row) => (
          <li key={`${row.source}${row.label}`}>
            {row.source}: {row.label} · {number(row.count)}
          </li>
        ))}
      </ul>
    </details>
  );
}
