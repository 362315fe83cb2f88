// One mend: what is done, to which column, with what.
import type { Mend, RejectGroup } from '../api/quality-types';
import { t } from '../i18n';
import { Select } from '../ui/parts';

const KINDS = ['shift_time', 'set', 'replace', 'map_codes', 'swap', 'not_a_case', 'not_ours'] as const;
type Kind = (typeof KINDS)[number];

interface Props {
  mend: Mend;
  group: RejectGroup;
  /** Where there are several. */
  number: number | null;
  onChange: (mend: Mend) => void;
  onRemove: (() => void) | null;
}

export function MendFields({ mend, group, number, onChange, onRemove }: Props) {
  const columns = Object.keys(group.example.row);
  const column = group.field ?? columns[0] ?? '';
  return (
    <fieldset class="stack mend">
      <legend>{number === null ? t('admin.rule.what') : t('admin.rule.whatOf', { n: number })}</legend>
      <Select
        label={t('admin.rule.do')}
        value={mend.do}
        options={KINDS.map((kind) => ({ value: kind, label: t(`admin.mends.${kind}`) }))}
        onChange={(kind) => onChange(fresh(kind as Kind, column, group.value))}
      />
      {'column' in mend && (
        <Column
          label={t('admin.mends.column')}
          columns={columns}
          value={mend.column}
          onChange={(next) => onChange({ ...mend, column: next })}
        />
      )}
      {mend.do === 'set' && (
        <Text
          label={t('admin.mends.value')}
          value={mend.value}
          onChange={(value) => onChange({ ...mend, value })}
        />
      )}
      {mend.do === 'replace' && (
        <>
          <Text
            label={t('admin.mends.find')}
            value={mend.find}
            onChange={(find) => onChange({ ...mend, find })}
          />
          <Text
            label={t('admin.mends.with')}
            value={mend.with}
            onChange={(next) => onChange({ ...mend, with: next })}
          />
        </>
      )}
      {mend.do === 'shift_time' && (
        <div class="row shift">
          {(['years', 'days', 'hours'] as const).map((unit) => (
            <label class="field" key={unit}>
              <span>{t(`admin.mends.${unit}`)}</span>
              <input
                type="number"
                step="1"
                value={String(mend[unit] ?? 0)}
                onInput={(event) =>
                  onChange({ ...mend, [unit]: Math.trunc(Number(event.currentTarget.value)) || 0 })
                }
              />
            </label>
          ))}
        </div>
      )}
      {mend.do === 'swap' && (
        <>
          <Column
            label={t('admin.mends.first')}
            columns={columns}
            value={mend.first}
            onChange={(first) => onChange({ ...mend, first })}
          />
          <Column
            label={t('admin.mends.second')}
            columns={columns}
            value={mend.second}
            onChange={(second) => onChange({ ...mend, second })}
          />
        </>
      )}
      {mend.do === 'map_codes' &&
        Object.entries(mend.codes).map(([code, meaning]) => (
          <Text
            key={code}
            label={t('admin.mends.means', { code })}
            value={meaning}
            onChange={(next) => onChange({ ...mend, codes: { ...mend.codes, [code]: next } })}
          />
        ))}
      {mend.do === 'not_ours' && (
        <Text label={t('admin.mends.why')} value={mend.why} onChange={(why) => onChange({ ...mend, why })} />
      )}
      {onRemove && (
        <div>
          <button type="button" class="button" onClick={onRemove}>
            {t('admin.rule.without')}
          </button>
        </div>
      )}
    </fieldset>
  );
}

function fresh(kind: Kind, column: string, value: string): Mend {
  switch (kind) {
    case 'set':
      return { do: kind, column, value };
    case 'replace':
      return { do: kind, column, find: '', with: '' };
    case 'shift_time':
      return { do: kind, column, years: 0, days: 0, hours: 0 };
    case 'swap':
      return { do: kind, first: column, second: '' };
    case 'map_codes':
      return { do: kind, column, codes: { [value]: '' } };
    case 'not_ours':
      return { do: kind, why: '' };
    default:
      return { do: kind };
  }
}

interface TextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const Text = ({ label, value, onChange }: TextProps) => (
  <label class="field">
    <span>{label}</span>
    <input value={value} onInput={(event) => onChange(event.currentTarget.value)} />
  </label>
);

const Column = ({ label, columns, value, onChange }: TextProps & { columns: readonly string[] }) => (
  <Select
    label={label}
    value={value}
    options={[
      ...(columns.includes(value) ? [] : [{ value, label: value || '–' }]),
      ...columns.map((c) => ({ value: c, label: c })),
    ]}
    onChange={onChange}
  />
);
