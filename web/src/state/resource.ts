// Answers of the service as components use them: shown at once from memory when we have been here
// before, then asked for again; and asked for again when something live says that they changed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api/client';
import { type Topic, ticks } from './live';

const KEPT = 60;
const memory = new Map<string, unknown>();

/** Forget every answer (sign-out, another account). */
export function forgetAll(): void {
  memory.clear();
}

function remember(path: string, value: unknown): void {
  memory.delete(path);
  memory.set(path, value);
  const oldest = memory.keys().next().value;
  if (memory.size > KEPT && oldest !== undefined) memory.delete(oldest);
}

export interface Resource<T> {
  /** The newest answer for this path, which may be a moment old while `loading`. */
  data: T | undefined;
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Put in what another call has just answered. */
  replace: (value: T) => void;
}

/**
 * GET a path of the API; `null` asks nothing. Asked again whenever one of `topics` ticks. With `keep` the
 * answer to the question before stays on the screen until the new one is there.
 */
export function useResource<T>(
  path: string | null,
  topics: readonly Topic[] = [],
  keep = false,
): Resource<T> {
  const before = useRef<T | undefined>(undefined);
  const [, redraw] = useState(0);
  const [state, setState] = useState<{ path: string | null; error: unknown; loading: boolean }>({
    path,
    error: null,
    loading: path !== null,
  });
  const [again, setAgain] = useState(0);
  const tick = topics.reduce((sum, topic) => sum + ticks[topic].value, 0);

  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    setState({ path, error: null, loading: true });
    api<T>(path, { signal: abort.signal })
      .then((value) => {
        remember(path, value);
        setState({ path, error: null, loading: false });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setState({ path, error, loading: false });
      });
    return () => abort.abort();
  }, [path, again, tick]);

  const fresh = path === null ? undefined : (memory.get(path) as T | undefined);
  if (fresh !== undefined) before.current = fresh;
  return {
    data: fresh ?? (keep && path !== null ? before.current : undefined),
    error: state.path === path ? state.error : null,
    loading: path !== null && (state.loading || state.path !== path),
    reload: () => setAgain((n) => n + 1),
    replace: (value) => {
      if (path !== null) remember(path, value);
      redraw((n) => n + 1);
    },
  };
}
