// The question as a program would ask it, and the answer as a file.
import { useState } from 'preact/hooks';
import { apiText, urlOf } from '../api/client';
import { t } from '../i18n';
import { toast } from '../ui/parts';
import { pathOf, type Question } from './question';

export function ApiCall({ question }: { question: Question }) {
  const [busy, setBusy] = useState(false);
  const url = `${window.location.origin}${urlOf(pathOf(question, 'csv'))}`;
  const call = `curl -H "Authorization: Bearer $EMBERWATCH_KEY" \\\n  "${url}"`;
  const download = async () => {
    setBusy(true);
    try {
      const text = await apiText(pathOf(question, 'csv'));
      save(text, `emberwatch-${question.kind}-${question.bucket}-${question.from}-${question.to}.csv`);
    } catch {
      toast(t('trends.csv.failed'));
    } finally {
      setBusy(false);
    }
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(call);
      toast(t('trends.copied'));
    } catch {
      toast(t('trends.copyFailed'));
    }
  };
  return (
    <section class="stack">
      <div class="row">
        <button type="button" class="button primary" disabled={busy} onClick={() => void download()}>
          {t('trends.csv')}
        </button>
      </div>
      <details>
        <summary>{t('trends.api')}</summary>
        <div class="stack">
          <p class="small muted">{t('trends.api.text')}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, also for the keyboard. */}
          <pre tabIndex={0}>{call}</pre>
          <div>
            <button type="button" class="button" onClick={() => void copy()}>
              {t('trends.copy')}
            </button>
          </div>
        </div>
      </details>
    </section>
  );
}

/** Hand a text to the browser as a file. */
function save(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
