// A rule as a person sets it: where, what is counted, how loud, and how many false alerts it may cost.
import { useState } from 'preact/hooks';
import { api } from '../api/client';
import type { RulePlaces, RuleRow } from '../api/rule-types';
import type { Tier } from '../api/types';
import { t, tWord } from '../i18n';
import { type Level, useAreas, usualLevel } from '../ui/areas';
import { Dialog } from '../ui/dialog';
import { Choices, explain, Said, Select } from '../ui/parts';
import { newId, perYear, ruleName } from './words';

const MEASURES = ['overdoses', 'fatal_overdoses', 'nonfatal_overdoses', 'repeated_naloxone'] as const;
type Measure = (typeof MEASURES)[number];

interface Props {
  /** Nothing for a new rule. */
  rule: RuleRow | null;
  /** Ids that are taken. */
  taken: readonly string[];
  onClose: () => void;
  onDone: () => void;
}

export function RuleForm({ rule, taken, onClose, onDone }: Props) {
  const { levels, all } = useAreas();
  const first: RulePlaces = { look_at: 'each_of', kind: usualLevel(levels) };
  const [name, setName] = useState(rule ? ruleName(rule) : '');
  const [places, setPlaces] = useState<RulePlaces>(rule?.places ?? first);
  const [measure, setMeasure] = useState<Measure>((rule?.measure as Measure | undefined) ?? 'overdoses');
  const [tier, setTier] = useState<Tier>(rule?.tier ?? 'alert');
  const [budget, setBudget] = useState(String(rule ? Number(rule.false_alerts_per_year.toPrecision(3)) : 1));
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const clusters = places.look_at === 'clusters';
  const count =
    places.look_at === 'each_of'
      ? all.filter((area) => area.kind === places.kind).length
      : places.look_at === 'areas'
        ? places.areas.length
        : 1;
  const cost = Number(budget.replace(',', '.')) * count;

  const send = async () => {
    setBusy(true);
    try {
      await api(`/rules/${rule?.id ?? newId(name, taken)}`, {
        method: 'PUT',
        body: {
          name,
          places,
          measure: clusters ? 'overdoses' : measure,
          tier,
          false_alerts_per_year: Number(budget.replace(',', '.')),
          enabled: rule?.enabled ?? true,
        },
      });
      onDone();
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title={rule ? t('rules.form.change') : t('rules.add')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {problem && (
          <p class="notice bad" role="alert">
            <Said>{problem}</Said>
          </p>
        )}
        <label class="field">
          <span>{t('rules.form.name')}</span>
          <input
            name="name"
            required
            maxLength={100}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <Where places={places} levels={levels} onChange={setPlaces} />
        {!clusters && (
          <Select
            label={t('rules.form.measure')}
            value={measure}
            options={MEASURES.map((value) => ({ value, label: tWord('measures', value) }))}
            onChange={(value) => setMeasure(value as Measure)}
          />
        )}
        <Choices
          legend={t('rules.form.tier')}
          name="tier"
          value={tier}
          options={[
            { value: 'alert' as const, label: t('rules.form.tier.alert') },
            { value: 'watch' as const, label: t('rules.form.tier.watch') },
          ]}
          onChange={setTier}
        />
        <label class="field">
          <span>{t(clusters ? 'rules.form.budget.clusters' : 'rules.form.budget.areas')}</span>
          <input
            name="budget"
            required
            inputMode="decimal"
            value={budget}
            onInput={(event) => setBudget(event.currentTarget.value)}
          />
        </label>
        <p class="small muted" role="status">
          {Number.isFinite(cost) && cost > 0 && t('rules.form.cost', { n: count, all: perYear(cost) })}
        </p>
        <div class="row between">
          <button type="button" class="button" disabled={busy} onClick={onClose}>
            {t('rules.form.cancel')}
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            {t('rules.form.save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface WhereProps {
  places: RulePlaces;
  levels: readonly Level[];
  onChange: (places: RulePlaces) => void;
}

function Where({ places, levels, onChange }: WhereProps) {
  const { all, byId } = useAreas();
  const chosen = places.look_at === 'areas' ? places.areas : [];
  const value = places.look_at === 'each_of' ? `each:${places.kind}` : places.look_at;
  const pick = (next: string) => {
    if (next === 'clusters') onChange({ look_at: 'clusters' });
    else if (next === 'areas') onChange({ look_at: 'areas', areas: chosen });
    else onChange({ look_at: 'each_of', kind: next.slice('each:'.length) as Level });
  };
  return (
    <>
      <Select
        label={t('rules.form.where')}
        value={value}
        options={[
          ...levels.map((kind) => ({
            value: `each:${kind}`,
            label: t('rules.form.each', { kind: tWord('level', kind) }),
          })),
          { value: 'areas', label: t('rules.form.chosen') },
          { value: 'clusters', label: t('rules.places.clusters') },
        ]}
        onChange={pick}
      />
      {places.look_at === 'areas' && (
        <>
          <Select
            label={t('rules.form.addArea')}
            value=""
            options={[
              { value: '', label: t('rules.form.choose') },
              ...all
                .filter((area) => !chosen.includes(area.id))
                .map((area) => ({ value: area.id, label: `${area.name} (${tWord('level', area.kind)})` })),
            ]}
            onChange={(id) => id && onChange({ look_at: 'areas', areas: [...chosen, id] })}
          />
          <ul class="row">
            {chosen.map((id) => (
              <li key={id}>
                <button
                  type="button"
                  class="button"
                  onClick={() => onChange({ look_at: 'areas', areas: chosen.filter((a) => a !== id) })}
                >
                  {byId.get(id)?.name ?? id} ×<span class="visually-hidden"> {t('rules.remove')}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
