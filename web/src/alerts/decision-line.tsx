// One decision as it stands in an alert's history.
import type { Decision } from '../api/types';
import { t } from '../i18n';
import { Ago } from '../ui/parts';

export function DecisionLine({ decision }: { decision: Decision }) {
  return (
    <>
      <p>
        <span class="strong">{decision.by}</span> {t(`decision.${decision.kind}`)} · <Ago at={decision.at} />
      </p>
      {decision.reason && <p class="small muted">{t(`reason.${decision.reason}`)}</p>}
      {decision.note && <p class="small">“{decision.note}”</p>}
    </>
  );
}
