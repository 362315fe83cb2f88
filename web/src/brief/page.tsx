// What a liaison reads before a shift: at most three places with their reasons, follow-ups due, what
// changed. List first; the map is never needed. The whole answer stands above the fold of a phone.
import { computed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { withQuery } from '../api/client';
import type { BriefPlace, ShiftBrief } from '../api/types';
import { language, t } from '../i18n';
import { ago, shift } from '../i18n/format';
import { keepBrief, keptBrief } from '../state/kept-brief';
import { useResource } from '../state/resource';
import { route, setQuery } from '../state/route';
import { me, role } from '../state/session';
import { useAreas } from '../ui/areas';
import { AgeLine, Empty, Failure, Said, Select, SilentFeeds, Skeleton } from '../ui/parts';
import { FollowUps } from './follow-ups';
import { PlaceCard } from './place-card';
import { placeKey, planOf, plans } from './plans';
import { WhySheet } from './why';

const catchment = computed(() => route.value.query.get('catchment'));

export function BriefPage() {
  const brief = useResource<ShiftBrief>(
    withQuery('/brief', { catchment: catchment.value, language: language.value }),
    ['events', 'alerts', 'analysis'],
  );
  const kept = brief.data || brief.error === null ? null : keptBrief();
  const data = brief.data ?? kept?.brief;
  useEffect(() => {
    // Only the own brief of a liaison is kept, for the shift that it is for.
    if (brief.data && me.value?.user.role === 'liaison' && !catchment.value) keepBrief(me.value, brief.data);
  }, [brief.data]);
  return (
    <div class="page brief stack">
      <header class="brief-head">
        <h1>
          {data ? (
            <>
              {data.catchment_name}
              <span class="shift"> · {shift(data.shift.starts_at, data.shift.ends_at)}</span>
            </>
          ) : (
            t('brief.title')
          )}
        </h1>
        {data && (
          <span class="small muted age-short">
            <span aria-hidden="true">⟳</span> <AgeLine data={data.data} short />
          </span>
        )}
      </header>
      {role.value !== 'liaison' && <CatchmentChoice />}
      {kept && (
        <p class="notice" role="status">
          {t('brief.saved', { when: ago(kept.loadedAt) })}
        </p>
      )}
      {brief.error !== null && !data && <Failure error={brief.error} retry={brief.reload} />}
      {!data && brief.loading && <Skeleton lines={8} />}
      {data && <BriefBody brief={data} />}
    </div>
  );
}

function BriefBody({ brief }: { brief: ShiftBrief }) {
  const ordered = inOrder(brief);
  const [open, setOpen] = useState<string | null | undefined>(undefined);
  const opened = openedOf(ordered, open);
  // What is being read stays as it is when a newer brief moves it, or has it no more.
  const [asked, setAsked] = useState<BriefPlace | null>(null);
  const why = asked && (ordered.find((place) => placeKey(place) === placeKey(asked)) ?? asked);
  useEffect(() => {
    if (opened !== open) setOpen(opened);
  }, [opened, open]);
  return (
    <>
      <SilentFeeds data={brief.data} />
      {ordered.length > 0 ? (
        <ol class="places" aria-label={t('brief.places')}>
          {ordered.map((place) => {
            const key = placeKey(place);
            return (
              <PlaceCard
                key={key}
                place={place}
                shiftEnds={brief.shift.ends_at}
                open={opened === key}
                onToggle={() => setOpen(opened === key ? null : key)}
                onWhy={() => setAsked(place)}
                onAside={() => setOpen(undefined)}
              />
            );
          })}
        </ol>
      ) : (
        <Empty title={t('brief.quiet.title')}>
          {brief.quiet ? <Said own>{brief.quiet}</Said> : t('brief.quiet.text')}
        </Empty>
      )}
      {ordered.length > 0 && brief.quiet && (
        <p class="small muted">
          <Said own>{brief.quiet}</Said>
        </p>
      )}
      <FollowUps items={brief.follow_ups} />
      <details class="changes">
        <summary>{t('brief.changes')}</summary>
        {brief.changes.length === 0 ? (
          <p class="muted">{t('brief.changes.none')}</p>
        ) : (
          <ul class="stack">
            {brief.changes.map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
        )}
      </details>
      {brief.limits && (
        <p class="small muted">
          <span class="strong">{t('brief.limits')}:</span> <Said own>{brief.limits}</Said>
        </p>
      )}
      <AgeLine data={brief.data} plain />
      {why && <WhySheet place={why} data={brief.data} onClose={() => setAsked(null)} />}
    </>
  );
}

/**
 * The place that stands open: the one opened before, wherever a newer brief puts it; the first at the
 * beginning and when that one has gone or is set aside; none when the reader closed it.
 */
function openedOf(
  ordered: readonly BriefPlace[],
  open: string | null | undefined,
): string | null | undefined {
  if (open === null || ordered.some((place) => placeKey(place) === open)) return open;
  const first = ordered[0];
  return first ? placeKey(first) : undefined;
}

/** Places set aside go last; the others keep the order of the service. */
function inOrder(brief: ShiftBrief): BriefPlace[] {
  void plans.value;
  const aside = (place: BriefPlace) => planOf(place, brief.shift.ends_at)?.kind === 'aside';
  return [...brief.places.filter((p) => !aside(p)), ...brief.places.filter(aside)];
}

function CatchmentChoice() {
  const areas = useAreas();
  const options = areas.all
    .filter((area) => area.kind === 'state' || area.kind === 'county')
    .map((area) => ({ value: area.id, label: area.name }));
  if (options.length < 2) return null;
  return (
    <Select
      label={t('brief.otherCatchment')}
      value={catchment.value ?? areas.own[0]?.id ?? ''}
      options={options}
      onChange={(value) => setQuery({ catchment: value })}
    />
  );
}
