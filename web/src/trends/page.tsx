// The explorer: the question first, then the chart, then the table, then the same as an API call.
import { dataAge } from '../api/client';
import type { AreaStatus, Page, Trends } from '../api/types';
import { t } from '../i18n';
import { day } from '../i18n/format';
import { newestDay } from '../map/window';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { useAreas } from '../ui/areas';
import { AgeLine, Empty, Failure, Select, Skeleton } from '../ui/parts';
import { ApiCall } from './api-call';
import { TrendChart } from './chart';
import { CompositePart } from './composite';
import { pathOf, type Question, readQuestion } from './question';
import { TrendTable } from './table';
import { chosenSeries } from './values';

export function TrendsPage() {
  const status = useResource<Page<AreaStatus>>(dataAge.value ? null : '/area-status');
  const areas = useAreas();
  if ((!dataAge.value && status.loading) || !areas.known) {
    return (
      <div class="page">
        <Skeleton lines={8} />
      </div>
    );
  }
  const newest = newestDay(dataAge.value?.as_of ?? null);
  return <Explorer question={readQuestion(route.value.query, newest, areas.levels)} />;
}

function Explorer({ question }: { question: Question }) {
  const valid = question.from <= question.to;
  const trends = useResource<Trends>(valid ? pathOf(question, 'json') : null, ['analysis'], true);
  const data = trends.data;
  const shown = data ? chosenSeries(data, question.areas) : [];
  return (
    <div class="page wide-page stack" aria-busy={trends.loading}>
      <h1>{t('trends.title')}</h1>
      <p class="question">{sentence(question)}</p>
      <Controls question={question} />
      {!valid && <p class="notice bad">{t('trends.badDates')}</p>}
      {trends.error !== null && !data && <Failure error={trends.error} retry={trends.reload} />}
      {valid && !data && trends.error === null && <Skeleton lines={10} />}
      {data && shown.length === 0 && <Empty title={t('trends.empty.title')}>{t('trends.empty.text')}</Empty>}
      {data && shown.length > 0 && (
        <>
          <TrendChart trends={data} shown={shown} question={question} />
          <TrendTable trends={data} question={question} />
        </>
      )}
      {question.kind === 'overdose' && <CompositePart />}
      {valid && <ApiCall question={question} />}
      <AgeLine data={data?.data} />
    </div>
  );
}

function sentence(q: Question): string {
  const by = q.by === 'area' ? t(`level.${q.level}`) : t(`by.${q.by}`);
  const text = t(q.measure === 'rate' ? 'trends.questionRate' : 'trends.question', {
    kind: t(`kind.${q.kind}`),
    by,
    bucket: t(`bucket.${q.bucket}`),
    from: day(q.from),
    to: day(q.to),
  });
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Controls({ question: q }: { question: Question }) {
  const areas = useAreas();
  const choices = areas.all.filter((area) => area.kind === q.level);
  return (
    <fieldset class="trend-controls">
      <legend class="visually-hidden">{t('trends.title')}</legend>
      <Select
        label={t('trends.kind')}
        value={q.kind}
        options={(['overdose', 'naloxone', 'outreach'] as const).map((value) => ({
          value,
          label: t(`kind.${value}`),
        }))}
        onChange={(kind) => setQuery({ kind })}
      />
      <Select
        label={t('trends.by')}
        value={q.by}
        options={(['area', 'kind', 'source', 'outcome'] as const).map((value) => ({
          value,
          label: t(`by.${value}`),
        }))}
        onChange={(by) => setQuery({ by, areas: null })}
      />
      {q.by === 'area' && (
        <Select
          label={t('trends.level')}
          value={q.level}
          options={areas.levels.map((value) => ({
            value,
            label: t(`level.${value}`),
          }))}
          onChange={(level) => setQuery({ level, areas: null })}
        />
      )}
      <Select
        label={t('trends.bucket')}
        value={q.bucket}
        options={(['day', 'week', 'month'] as const).map((value) => ({ value, label: t(`bucket.${value}`) }))}
        onChange={(bucket) => setQuery({ bucket })}
      />
      <Select
        label={t('trends.measure')}
        value={q.measure}
        options={(['count', 'rate'] as const).map((value) => ({ value, label: t(`measure.${value}`) }))}
        onChange={(measure) => setQuery({ measure })}
      />
      <DateField label={t('trends.from')} value={q.from} onChange={(from) => setQuery({ from })} />
      <DateField label={t('trends.to')} value={q.to} onChange={(to) => setQuery({ to })} />
      {q.by === 'area' && choices.length > 1 && (
        <details class="area-choice">
          <summary>
            {t('trends.areas')} ({q.areas.length === 0 ? t('app.all') : q.areas.length})
          </summary>
          <p class="small muted">{t('trends.areas.hint')}</p>
          <div class="choices">
            {choices.map((area) => (
              <label class="choice" key={area.id}>
                <input
                  type="checkbox"
                  checked={q.areas.includes(area.id)}
                  onChange={(event) => {
                    const next = event.currentTarget.checked
                      ? [...q.areas, area.id]
                      : q.areas.filter((id) => id !== area.id);
                    setQuery({ areas: next.join(',') });
                  }}
                />
                <span>{area.name}</span>
              </label>
            ))}
          </div>
        </details>
      )}
    </fieldset>
  );
}

interface DateFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

function DateField({ label, value, onChange }: DateFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="date"
        value={value}
        onChange={(event) => event.currentTarget.value && onChange(event.currentTarget.value)}
      />
    </label>
  );
}
