// How the addresses of one source fare with geocoders on other machines.
import { Fragment } from 'preact';
import type { RemoteStanding } from '../api/quality-types';
import { t, tWord } from '../i18n';
import { number } from '../i18n/format';
import { Ago, Said } from '../ui/parts';

export function Remote({ standing }: { standing: RemoteStanding }) {
  const lines: [string, number][] = [
    [t('quality.remote.placed'), standing.placed],
    [t('quality.remote.waiting'), standing.waiting],
    [t('quality.remote.ambiguous'), standing.ambiguous],
    ...standing.refused.map((r): [string, number] => [tWord('quality.remote.refused', r.why), r.events]),
    [t('quality.remote.unknown'), standing.unknown],
    [t('quality.remote.not_asked'), standing.not_asked],
  ];
  return (
    <details open={standing.services.some((s) => s.error)}>
      <summary>{t('quality.remote')}</summary>
      <p class="small muted">
        {t('quality.remote.lead')} <Ago at={standing.looked_at} />
      </p>
      <dl class="facts">
        {lines.map(([name, events]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{number(events)}</dd>
          </Fragment>
        ))}
      </dl>
      <ul class="small stack">
        {standing.services.map((s) => (
          <li key={s.service}>
            {t('quality.remote.service', {
              service: s.service,
              answered: number(s.answered),
              placed: number(s.placed),
            })}{' '}
            <Said>{s.credit}</Said>
            {s.error && (
              <>
                {' '}
                {t('quality.remote.failing')} <Said>{s.error}</Said>
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
