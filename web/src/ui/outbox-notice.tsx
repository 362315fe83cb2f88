// Visits that still wait for the line, and those that were refused: never silently lost.
import { t } from '../i18n';
import { discard, outbox, retryNow } from '../state/outbox';

export function OutboxNotice() {
  const items = outbox.value;
  if (items.length === 0) return null;
  const waiting = items.filter((item) => item.refused === null);
  return (
    <div class="notice outbox stack" role="status">
      {waiting.length > 0 && (
        <div class="row between">
          <span>{t('log.waiting', { n: waiting.length })}</span>
          <button type="button" class="button" onClick={() => void retryNow()}>
            {t('app.retry')}
          </button>
        </div>
      )}
      {items.map(
        (item) =>
          item.refused !== null && (
            <div class="row between" key={item.key}>
              <span>{t('log.refused', { why: item.refused })}</span>
              <button type="button" class="button" onClick={() => discard(item.key)}>
                {t('log.discard')}
              </button>
            </div>
          ),
      )}
    </div>
  );
}
