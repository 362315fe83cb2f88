// Setting up a feed from a file of it: what the columns seem to mean, the first rows, every doubt, the mapping.
import { useState } from 'preact/hooks';
import { api, newKey, withQuery } from '../api/client';
import type { IntakeAnswer, SuggestedMapping } from '../api/mapping-types';
import { t } from '../i18n';
import { number } from '../i18n/format';
import { explain, Said, toast } from '../ui/parts';

const TYPES: Record<string, string> = {
  csv: 'text/csv',
  txt: 'text/csv',
  tsv: 'text/tab-separated-values',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
  geojson: 'application/geo+json',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  hl7: 'application/hl7-v2',
};

/** The type a file of this name is sent as; `null` for what the service does not read. */
export function typeOf(name: string): string | null {
  return TYPES[name.split('.').pop()?.toLowerCase() ?? ''] ?? null;
}

export function AssistantPage() {
  const [source, setSource] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<SuggestedMapping | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const guess = async (event: Event) => {
    event.preventDefault();
    const type = file && typeOf(file.name);
    if (!file || !type) {
      setProblem(t('mapping.type'));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const path = withQuery('/sources/suggestions', { source });
      setFound(await api(path, { method: 'POST', file: { bytes: file, type }, idempotencyKey: newKey() }));
    } catch (error) {
      setFound(null);
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="page wide-page stack">
      <p>
        <a href="/admin">← {t('mapping.back')}</a>
      </p>
      <h1>{t('mapping.title')}</h1>
      <p class="muted">{t('mapping.lead')}</p>
      <form class="stack" onSubmit={(event) => void guess(event)}>
        <label class="field">
          <span>{t('mapping.source')}</span>
          <input
            required
            pattern="[a-z0-9][a-z0-9._\\-]*"
            title={t('mapping.source.hint')}
            value={source}
            onInput={(event) => setSource(event.currentTarget.value)}
          />
          <span class="small muted">{t('mapping.source.hint')}</span>
        </label>
        <label class="field">
          <span>{t('mapping.file')}</span>
          <input
            type="file"
            required
            accept={Object.keys(TYPES)
              .map((ending) => `.${ending}`)
              .join(',')}
            onChange={(event) => {
              setFile(event.currentTarget.files?.[0] ?? null);
              setFound(null);
            }}
          />
        </label>
        {problem && (
          <p class="notice bad" role="alert">
            <Said>{problem}</Said>
          </p>
        )}
        <div>
          <button type="submit" class="button primary" disabled={busy}>
            {t('mapping.guess')}
          </button>
        </div>
      </form>
      {found && file && <Suggestion key={found.mapping} found={found} source={source} file={file} />}
    </div>
  );
}

interface Props {
  found: SuggestedMapping;
  source: string;
  file: File;
}

function Suggestion({ found, source, file }: Props) {
  const [mapping, setMapping] = useState(found.mapping);
  const [saved, setSaved] = useState(false);
  const [taken, setTaken] = useState<string | null>(null);
  const [unread, setUnread] = useState<IntakeAnswer['rejects']>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const attempt = async (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await what();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  const save = () =>
    attempt(async () => {
      await api(`/sources/${source}`, { method: 'PUT', body: { mapping } });
      setSaved(true);
      toast(t('mapping.saved', { source }));
    });
  const take = () =>
    attempt(async () => {
      const sent = { bytes: file, type: typeOf(file.name) ?? 'text/csv' };
      const path = withQuery('/events', { source });
      const answer = await api<IntakeAnswer>(path, { method: 'POST', file: sent, idempotencyKey: newKey() });
      const { not_cases: others, read, accepted, updated, unchanged, duplicates, quarantined } = answer;
      setUnread(answer.rejects);
      setTaken(
        t('mapping.taken', {
          read: number(read),
          accepted: number(accepted),
          updated: number(updated),
          unchanged: number(unchanged + duplicates),
          quarantined: number(quarantined),
          others: number(others),
        }),
      );
    });

  return (
    <section class="stack">
      <p>
        {t('mapping.found', {
          found: found.found,
          n: found.rows_read,
          cases: number(found.cases),
          others: number(found.not_cases),
        })}
      </p>
      <h2>{t('mapping.doubts')}</h2>
      {found.doubts.length === 0 ? (
        <p>{t('mapping.doubts.none')}</p>
      ) : (
        <ul class="notice" lang="en">
          {found.doubts.map((doubt) => (
            <li key={doubt}>{doubt}</li>
          ))}
        </ul>
      )}
      {found.rejects.length > 0 && (
        <>
          <h2>{t('mapping.rejects')}</h2>
          <ul class="notice bad" lang="en">
            {found.rejects.map((r) => (
              <li key={r.reason}>
                {t('mapping.reject', { n: r.rows, reason: r.reason, line: r.line, message: r.message })}
              </li>
            ))}
          </ul>
        </>
      )}
      <Rows found={found} />
      <Columns found={found} />
      <label class="field">
        <span>{t('mapping.text')}</span>
        <textarea
          rows={18}
          spellcheck={false}
          value={mapping}
          onInput={(event) => {
            setMapping(event.currentTarget.value);
            setSaved(false);
          }}
        />
      </label>
      {problem && (
        <p class="notice bad" role="alert">
          <Said>{problem}</Said>
        </p>
      )}
      <p class="row">
        <button type="button" class="button primary" disabled={busy} onClick={() => void save()}>
          {t('mapping.save')}
        </button>
        {saved && (
          <button type="button" class="button" disabled={busy} onClick={() => void take()}>
            {t('mapping.take')}
          </button>
        )}
      </p>
      {taken && (
        <p class="notice" role="status">
          {taken} <a href="/admin">{t('mapping.back')}</a>
        </p>
      )}
      {unread.length > 0 && (
        <ul class="notice bad" lang="en">
          {unread.slice(0, 10).map((r) => (
            <li key={`${r.line} ${r.message}`}>
              {t('mapping.reject.row', { line: r.line, message: r.message })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Rows({ found }: { found: SuggestedMapping }) {
  if (found.rows.length === 0) return null;
  return (
    <>
      <h2>{t('mapping.rows')}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap" tabIndex={0} aria-label={t('mapping.rows')}>
        <table class="small">
          <thead>
            <tr>
              <th scope="col">{t('mapping.column')}</th>
              <th scope="col">{t('table.occurred')}</th>
              <th scope="col">{t('table.outcome')}</th>
              <th scope="col">{t('table.naloxone')}</th>
              <th scope="col">{t('log.where')}</th>
              <th scope="col">{t('table.precision')}</th>
            </tr>
          </thead>
          <tbody>
            {found.rows.map((row) => (
              <tr key={row.record_id}>
                <th scope="row">{row.record_id.slice(0, 16)}</th>
                <td>
                  {row.occurred_at}
                  {row.time_precision !== 'instant' && ` (${row.time_precision})`}
                </td>
                <td>{row.outcome}</td>
                <td>{row.naloxone}</td>
                <td>
                  {row.latitude !== null && row.longitude !== null
                    ? `${row.latitude.toFixed(4)}, ${row.longitude.toFixed(4)} `
                    : ''}
                  {row.place}
                </td>
                <td>{row.precision ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Columns({ found }: { found: SuggestedMapping }) {
  if (found.columns.length === 0) return null;
  return (
    <details>
      <summary>{t('mapping.columns')}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard. */}
      <section class="table-wrap" tabIndex={0} aria-label={t('mapping.columns')}>
        <table class="small">
          <thead>
            <tr>
              <th scope="col">{t('mapping.column')}</th>
              <th scope="col">{t('mapping.usedAs')}</th>
              <th scope="col">{t('mapping.example')}</th>
            </tr>
          </thead>
          <tbody>
            {found.columns.map((column) => (
              <tr key={column.column}>
                <th scope="row">{column.column}</th>
                <td>{column.used_as}</td>
                <td>{column.example}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
