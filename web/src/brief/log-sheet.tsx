// Logging a visit: one sheet, one thumb. Everything has a sensible start, so the shortest visit is two taps.
import { useState } from 'preact/hooks';
import type { Contacted, ContactMode, NewEncounter, Trigger } from '../api/types';
import { t } from '../i18n';
import { ticks } from '../state/live';
import { logVisit } from '../state/outbox';
import { route } from '../state/route';
import { useAreas } from '../ui/areas';
import { Dialog } from '../ui/dialog';
import { Choices, explain, Select, toast } from '../ui/parts';

const MODES = ['visit', 'phone', 'text', 'site'] as const;
const REACHED = ['nobody', 'survivor', 'family'] as const;
const REFERRALS = ['treatment', 'peer', 'housing', 'health', 'harm_reduction'] as const;

export function LogSheet({ onClose }: { onClose: () => void }) {
  const [about] = useState(() => readAbout(route.peek().query));
  const areas = useAreas();
  const [area, setArea] = useState<string | null>(about.area);
  const [mode, setMode] = useState<ContactMode>('visit');
  const [contacted, setContacted] = useState<Contacted>('nobody');
  const [consent, setConsent] = useState(false);
  const [kits, setKits] = useState(0);
  const [referrals, setReferrals] = useState<string[]>([]);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const chosenArea = area ?? areas.own[0]?.id ?? '';

  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const encounter: NewEncounter = {
      trigger: about.trigger,
      follow_up: about.followUp,
      alert: about.alert,
      area: chosenArea || null,
      cell: about.cell,
      mode,
      contacted,
      consent: contacted !== 'nobody' && consent,
      kits_given: kits,
      referrals,
      note: note.trim(),
    };
    try {
      const stored = await logVisit(encounter);
      // Lists that count visits ask again.
      ticks['area-status'].value += 1;
      ticks.analysis.value += 1;
      toast(stored ? t('log.saved') : t('log.queued'));
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t('log.title')} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <Select
          label={t('log.where')}
          value={chosenArea}
          options={areas.all.map((a) => ({ value: a.id, label: a.name }))}
          onChange={setArea}
        />
        <Choices
          legend={t('log.mode')}
          name="mode"
          value={mode}
          options={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))}
          onChange={setMode}
        />
        <Choices
          legend={t('log.contacted')}
          name="contacted"
          value={contacted}
          options={REACHED.map((value) => ({ value, label: t(`contacted.${value}`) }))}
          onChange={setContacted}
        />
        {contacted !== 'nobody' && (
          <label class="check">
            <input
              type="checkbox"
              checked={consent}
              onChange={(event) => setConsent(event.currentTarget.checked)}
            />
            {t('log.consent')}
          </label>
        )}
        <Kits value={kits} onChange={setKits} />
        <fieldset>
          <legend>{t('log.referrals')}</legend>
          <div class="choices">
            {REFERRALS.map((referral) => (
              <label class="choice" key={referral}>
                <input
                  type="checkbox"
                  checked={referrals.includes(referral)}
                  onChange={(event) =>
                    setReferrals(
                      event.currentTarget.checked
                        ? [...referrals, referral]
                        : referrals.filter((r) => r !== referral),
                    )
                  }
                />
                <span>{t(`referral.${referral}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="field">
          <span>{t('log.note')}</span>
          <textarea maxLength={2000} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        {error !== null && (
          <p class="notice bad" role="alert">
            {explain(error)}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? t('log.saving') : t('log.save')}
        </button>
      </form>
    </Dialog>
  );
}

function Kits({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <fieldset>
      <legend>{t('log.kits')}</legend>
      <div class="stepper">
        <button
          type="button"
          class="button"
          aria-label={t('log.kits.less')}
          disabled={value === 0}
          onClick={() => onChange(value - 1)}
        >
          −
        </button>
        <output aria-live="polite">{value}</output>
        <button
          type="button"
          class="button"
          aria-label={t('log.kits.more')}
          disabled={value >= 999}
          onClick={() => onChange(value + 1)}
        >
          +
        </button>
      </div>
    </fieldset>
  );
}

interface About {
  trigger: Trigger;
  followUp: string | null;
  alert: string | null;
  cell: string | null;
  area: string | null;
}

/** What the visit is about, from the address: `?log=follow_up&follow_up=…&at_area=…`. */
export function readAbout(query: URLSearchParams): About {
  const log = query.get('log');
  const trigger: Trigger = log === 'hotspot' || log === 'follow_up' || log === 'referral' ? log : 'other';
  return {
    trigger,
    followUp: query.get('follow_up'),
    alert: query.get('alert'),
    cell: query.get('at_cell'),
    area: query.get('at_area'),
  };
}
