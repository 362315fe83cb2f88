// One place of the brief: rank, name, tier by shape, the reason, how sure, two weeks of counts, what is
// known, and what to do now. Closed, it is one line.
import { useState } from 'preact/hooks';
import type { BriefPlace } from '../api/types';
import { t } from '../i18n';
import { percent } from '../i18n/format';
import { setQuery } from '../state/route';
import { sayCorroboration } from '../ui/corroboration';
import { Dialog } from '../ui/dialog';
import { type Mark, Said, TierMark } from '../ui/parts';
import { Sparkline } from '../ui/sparkline';
import { directions } from './directions';
import { type NotNow, plan, planOf } from './plans';

/** What is known beyond this stands in "how do we know": the first screen holds three places. */
const KNOWN_SHOWN = 2;

interface Props {
  place: BriefPlace;
  shiftEnds: string;
  open: boolean;
  onToggle: () => void;
  onWhy: () => void;
  onAside: () => void;
}

export function PlaceCard({ place, shiftEnds, open, onToggle, onWhy, onAside }: Props) {
  const [asking, setAsking] = useState(false);
  const planned = planOf(place, shiftEnds);
  const mark: Mark = place.tier ?? (place.reason_kind === 'forecast' ? 'forecast' : place.reason_kind);
  const told = sayCorroboration(place.corroboration);
  const aside = planned?.kind === 'aside';

  return (
    <li class={`place ${open ? 'card open' : 'closed'}${aside ? ' aside' : ''}`}>
      <h2>
        <button type="button" class="place-head" aria-expanded={open} onClick={onToggle}>
          <span class="rank">{place.rank}</span>
          <span class="name">{place.name}</span>
          <TierMark tier={mark} label={markLabel(place)} />
        </button>
      </h2>
      {open && (
        <>
          <p>
            <button type="button" class="link reason" onClick={onWhy}>
              <Said own>{place.reason}</Said>
            </button>
          </p>
          <div class="row known">
            <Sparkline values={place.recent} label={t('brief.recent', { n: place.recent.length })} />
            <span class="small">
              <Said own>
                <span class="strong">{place.certainty}</span>
              </Said>
              {told !== null && ` · ${told}`}
              <Said own>
                {place.known.length > 0 && ` · ${inOneLine(place.known.slice(0, KNOWN_SHOWN))}`}
              </Said>
            </span>
          </div>
          <div class="row place-actions">
            {planned?.kind === 'going' ? (
              <>
                <button
                  type="button"
                  class="button on"
                  aria-pressed="true"
                  onClick={() => plan(place, null, shiftEnds)}
                >
                  ✓ {t('brief.goingOn')}
                </button>
                <button type="button" class="button" onClick={() => logHere(place)}>
                  {t('nav.log')}
                </button>
              </>
            ) : aside ? (
              <button type="button" class="button" onClick={() => plan(place, null, shiftEnds)}>
                {t('brief.notNow.undo')}
              </button>
            ) : (
              <>
                <button
                  type="button"
                  class="button primary"
                  onClick={() => plan(place, { kind: 'going' }, shiftEnds)}
                >
                  {t('brief.going')}
                </button>
                <button type="button" class="button" aria-haspopup="dialog" onClick={() => setAsking(true)}>
                  {t('brief.notNow')} ▾
                </button>
              </>
            )}
            <a
              class="button plain directions"
              href={directions(place.centre, place.name)}
              target="_blank"
              rel="noreferrer"
              aria-label={t('brief.directionsTo', { place: place.name })}
            >
              {t('brief.directions')} ↗
            </a>
          </div>
        </>
      )}
      {aside && !open && planned?.kind === 'aside' && (
        <p class="small muted">{t('brief.setAside', { why: t(`brief.notNow.${planned.why}`) })}</p>
      )}
      {asking && (
        <NotNowSheet
          place={place}
          onClose={() => setAsking(false)}
          onChoose={(reason) => {
            setAsking(false);
            plan(place, { kind: 'aside', why: reason }, shiftEnds);
            onAside();
          }}
        />
      )}
    </li>
  );
}

/** "forecast 41 % ≥ 1" where the forecast is the reason; the tier's own word elsewhere. */
function markLabel(place: BriefPlace): string | undefined {
  if (place.tier || place.reason_kind !== 'forecast') return undefined;
  if (place.forecast_p === null) return t('tier.need');
  return `${t('tier.forecast')} ${percent(place.forecast_p)} ≥ 1`;
}

/** Sentences follow one another; what is not a sentence is set apart by a dot. */
export function inOneLine(parts: readonly string[]): string {
  return parts.reduce(
    (line, part) => (line === '' ? part : `${line}${/[.!?]$/.test(line) ? ' ' : ' · '}${part}`),
    '',
  );
}

function logHere(place: BriefPlace): void {
  const cell = place.cells.length === 1 ? place.cells[0] : null;
  setQuery({ log: 'hotspot', alert: place.alert, at_cell: cell, at_area: place.area }, 'push');
}

interface NotNowProps {
  place: BriefPlace;
  onClose: () => void;
  onChoose: (why: NotNow) => void;
}

function NotNowSheet({ place, onClose, onChoose }: NotNowProps) {
  return (
    <Dialog title={t('brief.notNow.title', { place: place.name })} onClose={onClose}>
      <div class="stack">
        {(['time', 'other', 'safety'] as const).map((why) => (
          <button key={why} type="button" class="button" onClick={() => onChoose(why)}>
            {t(`brief.notNow.${why}`)}
          </button>
        ))}
      </div>
      <p class="small muted">{t('brief.notNow.text')}</p>
    </Dialog>
  );
}
