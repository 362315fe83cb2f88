// What a rule would do: how many rows, which values, and why the others would still wait.
import type { MendPreview } from '../api/quality-types';
import { t, tWord } from '../i18n';
import { exactTime, number } from '../i18n/format';
import { Said } from '../ui/parts';

export function Preview({ preview }: { preview: MendPreview }) {
  const bad = preview.still_bad.reduce((sum, b) => sum + b.rows, 0);
  return (
    <section class="stack preview" aria-label={t('admin.preview.title')}>
      <p role="status">
        {t('admin.preview.says', {
          pass: number(preview.would_pass),
          tried: number(preview.tried),
          bad: number(bad),
        })}
        {preview.known_already > 0 && ` ${t('admin.preview.known', { n: preview.known_already })}`}
        {preview.not_cases > 0 && ` ${t('admin.preview.notCases', { n: preview.not_cases })}`}
        {preview.discarded > 0 && ` ${t('admin.preview.discarded', { n: preview.discarded })}`}
        {preview.tried < preview.rows && ` ${t('admin.preview.more', { rows: number(preview.rows) })}`}
      </p>
      {preview.still_bad.length > 0 && (
        <ul class="small">
          {preview.still_bad.map((b) => (
            <li key={`${b.reason}${b.field}`}>
              {number(b.rows)} × {tWord('reject', b.reason)}
              {b.field && ` (${b.field})`}: <Said>{b.message}</Said>
            </li>
          ))}
        </ul>
      )}
      {preview.examples.some((e) => e.changes.length > 0) && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls, also for the keyboard.
        <section class="table-wrap" tabIndex={0} aria-label={t('admin.preview.rows')}>
          <table>
            <caption>{t('admin.preview.rows')}</caption>
            <thead>
              <tr>
                <th scope="col" class="num">
                  {t('admin.preview.line')}
                </th>
                <th scope="col">{t('admin.preview.before')}</th>
                <th scope="col">{t('admin.preview.after')}</th>
                <th scope="col">{t('admin.preview.then')}</th>
              </tr>
            </thead>
            <tbody>
              {preview.examples.map((e) => (
                <tr key={e.id}>
                  <th scope="row" class="num">
                    {number(e.line)}
                  </th>
                  <td>{e.changes.map((c) => `${c.column}: ${c.before}`).join('; ')}</td>
                  <td>{e.changes.map((c) => c.after).join('; ')}</td>
                  <td>
                    {tWord('admin.outcome', e.outcome)}
                    {e.occurred_at && `, ${exactTime(e.occurred_at)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
