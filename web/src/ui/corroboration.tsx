// How many of the overdoses behind a figure several sources tell of. Said in numbers, never as a share alone.
import type { Corroboration } from '../api/types';
import { t } from '../i18n';
import { number } from '../i18n/format';

/** One short sentence; nothing where nobody could agree. */
export function sayCorroboration(of: Corroboration | null | undefined): string | null {
  if (!of || of.overdoses === 0) return null;
  const values = { n: of.overdoses, two: number(of.told_by_two), three: number(of.told_by_three) };
  if (of.told_by_two === 0) return t('told.none', values);
  return t(of.told_by_three === 0 ? 'told.two' : 'told.three', values);
}

export function CorroborationLine({ of }: { of: Corroboration | null | undefined }) {
  const said = sayCorroboration(of);
  return said === null ? null : <p class="small told">{said}</p>;
}
