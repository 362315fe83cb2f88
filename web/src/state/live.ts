// The live stream (server-sent events). A message says only *that* something changed; what changed is
// asked for again through the ordinary calls, so live and loaded numbers can never disagree.
import { type Signal, signal } from '@preact/signals';
import { urlOf } from '../api/client';

export type Topic = 'events' | 'alerts' | 'analysis' | 'area-status';
const TOPICS: readonly Topic[] = ['events', 'alerts', 'analysis', 'area-status'];

/** Raised by one each time a topic changed. */
export const ticks: Record<Topic, Signal<number>> = {
  events: signal(0),
  alerts: signal(0),
  analysis: signal(0),
  'area-status': signal(0),
};

export type LiveState = 'off' | 'on' | 'lost';
export const live = signal<LiveState>('off');

/** A burst of messages asks once; short enough that a new event is on screen within a second. */
const GATHER_MS = 80;

const AGAIN_MS = 10_000;
let again = 0;
let source: EventSource | null = null;
const waiting = new Map<Topic, number>();

export function startLive(): void {
  if (source || typeof EventSource === 'undefined') return;
  source = new EventSource(urlOf('/stream'));
  source.onopen = () => {
    // What was missed while the line was down is asked for once it is back. At the first opening nothing
    // is: the service tells a new listener what it told in the seconds before.
    if (live.value === 'lost') for (const topic of TOPICS) raise(topic);
    live.value = 'on';
  };
  source.onerror = () => {
    live.value = 'lost';
    // The browser tries again by itself after a lost line, but not after a refusal.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    again = window.setTimeout(startLive, AGAIN_MS);
  };
  for (const topic of TOPICS) source.addEventListener(topic, () => raise(topic));
  // We fell behind and do not know what we missed.
  source.addEventListener('resync', () => {
    for (const topic of TOPICS) raise(topic);
  });
}

export function stopLive(): void {
  window.clearTimeout(again);
  source?.close();
  source = null;
  live.value = 'off';
}

function raise(topic: Topic): void {
  if (waiting.has(topic)) return;
  waiting.set(
    topic,
    window.setTimeout(() => {
      waiting.delete(topic);
      ticks[topic].value += 1;
    }, GATHER_MS),
  );
}
