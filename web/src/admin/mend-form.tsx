// One row that could not be read, column by column, to be mended and sent again.
import { useState } from 'preact/hooks';
import { api, newKey } from '../api/client';
import type { Mended, QuarantinedRow } from '../api/types';
import { t } from '../i18n';
import { Dialog } from '../ui/dialog';
import { explain, Said, toast } from '../ui/parts';

interface Props {
  row: QuarantinedRow;
  onClose: () => void;
  onDone: () => void;
}

const asText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

export function MendForm({ row, onClose, onDone }: Props) {
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(Object.entries(row.row).map(([column, value]) => [column, asText(value)])),
  );
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(row.message);

  const send = async (how: 'resubmit' | 'discard') => {
    setBusy(true);
    try {
      const answer = await api<Mended | undefined>(`/quarantine/${row.id}/${how}`, {
        method: 'POST',
        body: how === 'resubmit' ? { row: values } : {},
        idempotencyKey: newKey(),
      });
      if (how === 'resubmit' && answer?.outcome === 'still_bad') {
        setProblem(t('admin.mend.still_bad', { why: answer.message ?? '' }));
        setBusy(false);
        return;
      }
      toast(
        how === 'discard'
          ? t('admin.mend.discarded')
          : t(`admin.mend.${answer?.outcome ?? 'accepted'}`, { why: '' }),
      );
      onDone();
    } catch (error) {
      setProblem(explain(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title={t('admin.mend.title', { n: row.line, origin: row.origin })} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send('resubmit');
        }}
      >
        {problem && (
          <p class="notice bad" role="alert">
            <Said>{problem}</Said>
          </p>
        )}
        {Object.entries(values).map(([column, value]) => (
          <label class={`field${column === row.field ? ' blamed' : ''}`} key={column}>
            <span>
              {column}
              {column === row.field && ' ←'}
            </span>
            <input
              name={column}
              value={value}
              aria-invalid={column === row.field}
              onInput={(event) => setValues({ ...values, [column]: event.currentTarget.value })}
            />
          </label>
        ))}
        <div class="row between">
          <button type="button" class="button" disabled={busy} onClick={() => void send('discard')}>
            {t('admin.mend.discard')}
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            {t('admin.mend.send')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
