// A rule for a group of rows: how they are mended, tried first and then done.
import { useState } from 'preact/hooks';
import { api, newKey } from '../api/client';
import type { Mend, MendPreview, RejectGroup } from '../api/quality-types';
import { t } from '../i18n';
import { number } from '../i18n/format';
import { Dialog } from '../ui/dialog';
import { explain, Said } from '../ui/parts';
import { MendFields } from './mend-fields';
import { Preview } from './preview';
import { firstMends, groupSentence } from './words';

interface Props {
  group: RejectGroup;
  onClose: () => void;
  onDone: () => void;
}

const MOST = 8;
const decides = (mend: Mend | undefined) => mend?.do === 'not_a_case' || mend?.do === 'not_ours';

export function RuleForm({ group, onClose, onDone }: Props) {
  const [mends, setMends] = useState<Mend[]>(() => firstMends(group));
  const [standing, setStanding] = useState(false);
  const [note, setNote] = useState('');
  const [tried, setTried] = useState<{ of: string; preview: MendPreview } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = JSON.stringify(mends);
  const preview = tried?.of === asked ? tried.preview : null;
  const settles = preview ? preview.would_pass + preview.not_cases + preview.discarded : 0;

  const change = (at: number, mend: Mend) => {
    // A decision stands alone.
    setMends(decides(mend) ? [mend] : mends.map((m, i) => (i === at ? mend : m)));
  };
  const send = async (what: 'preview' | 'mends') => {
    setBusy(true);
    setProblem(null);
    try {
      const path = `/quarantine/groups/${group.id}/${what}`;
      if (what === 'preview') {
        const answer = await api<MendPreview>(path, { method: 'POST', body: { mends } });
        setTried({ of: asked, preview: answer });
      } else {
        await api(path, { method: 'POST', body: { mends, standing, note }, idempotencyKey: newKey() });
        onDone();
        return;
      }
    } catch (error) {
      setProblem(explain(error));
    }
    setBusy(false);
  };

  return (
    <Dialog
      title={t('admin.rule.title', { n: group.rows, rows: number(group.rows), source: group.source_name })}
      onClose={onClose}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void send(preview ? 'mends' : 'preview');
        }}
      >
        <p>{groupSentence(group)}</p>
        {problem && (
          <p class="notice bad" role="alert">
            <Said>{problem}</Said>
          </p>
        )}
        {mends.map((mend, at) => (
          <MendFields
            key={`${at}${mends.length}`}
            mend={mend}
            group={group}
            number={mends.length > 1 ? at + 1 : null}
            onChange={(next) => change(at, next)}
            onRemove={mends.length > 1 ? () => setMends(mends.filter((_, i) => i !== at)) : null}
          />
        ))}
        {!decides(mends[0]) && mends.length < MOST && (
          <div>
            <button
              type="button"
              class="button"
              onClick={() => setMends([...mends, { do: 'set', column: '', value: '' }])}
            >
              {t('admin.rule.also')}
            </button>
          </div>
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={standing}
            onChange={(event) => setStanding(event.currentTarget.checked)}
          />
          <span>{t('admin.rule.standing')}</span>
        </label>
        <label class="field">
          <span>{t('admin.rule.note')}</span>
          <input value={note} maxLength={500} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        {preview && <Preview preview={preview} />}
        <div class="row between">
          <button type="button" class="button" disabled={busy} onClick={() => void send('preview')}>
            {t('admin.rule.try')}
          </button>
          <button type="submit" class="button primary" disabled={busy || (preview !== null && settles === 0)}>
            {preview
              ? t('admin.rule.apply', { n: preview.rows, rows: number(preview.rows) })
              : t('admin.rule.tryFirst')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
