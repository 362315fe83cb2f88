// Charts are drawn in real pixels, so that their text keeps its size on every screen.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export function useWidth<T extends HTMLElement>(initial = 320): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const element = ref.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, Math.floor(element.clientWidth))));
    observer.observe(element);
    setWidth(Math.max(200, Math.floor(element.clientWidth) || initial));
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** A round upper end for an axis: 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten. */
export function niceTop(max: number): number {
  if (!(max > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((s) => s * power >= max - 1e-9) ?? 10;
  return Math.max(1, step * power);
}
