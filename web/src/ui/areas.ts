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
}

export function useAreas(): Areas {
  const { data } = useResource<{ items: Area[] }>('/areas');
  return areasOf(data?.items ?? [], me.value?.user.catchment ?? []);
}

export function areasOf(items: Area[], catchment: readonly string[]): Areas {
  const byId = new Map(items.map((area) => [area.id, area]));
  // A liaison's list may hold only the catchment: its top then is the area without a parent in the list.
  const tops = items.filter((area) => area.parent === null || !byId.has(area.parent));
  const root = tops.find((area) => area.kind === 'state') ?? tops[0];
  const own = catchment.flatMap((id) => byId.get(id) ?? []);
  return { all: items, byId, root, own: own.length > 0 ? own : root ? [root] : [] };
}
