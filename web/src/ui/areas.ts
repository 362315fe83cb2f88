// The tree of areas, asked for once.
import type { Area } from '../api/types';
import { useResource } from '../state/resource';
import { me } from '../state/session';

export interface Areas {
  all: Area[];
  byId: Map<string, Area>;
  root: Area | undefined;
  /** The areas this person serves; the whole jurisdiction when none is named. */
  own: Area[];
  /** The kinds there are, coarsest first. */
  levels: Level[];
  /** False until they have been asked for. */
  known: boolean;
}

export type Level = 'state' | 'county' | 'town' | 'zip' | 'other';
const LEVELS: readonly Level[] = ['state', 'county', 'town', 'zip', 'other'];

/** What figures are broken down by: counties where there are any, else towns, else what there is. */
export function usualLevel(levels: readonly Level[]): Level {
  return (['county', 'town', 'other', 'zip', 'state'] as const).find((l) => levels.includes(l)) ?? 'county';
}

export function useAreas(): Areas {
  const { data } = useResource<{ items: Area[] }>('/areas');
  return areasOf(data?.items ?? [], me.value?.user.catchment ?? [], data !== undefined);
}

export function areasOf(items: Area[], catchment: readonly string[], known = true): Areas {
  const byId = new Map(items.map((area) => [area.id, area]));
  // A liaison's list may hold only the catchment: its top then is the area without a parent in the list.
  const tops = items.filter((area) => area.parent === null || !byId.has(area.parent));
  const state = tops.find((area) => area.kind === 'state');
  const root = state ?? tops[0];
  const levels = LEVELS.filter((level) => items.some((area) => area.kind === level));
  const own = catchment.flatMap((id) => byId.get(id) ?? []);
  return { all: items, byId, root, own: own.length > 0 ? own : state ? [state] : tops, levels, known };
}
