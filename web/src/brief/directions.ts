// Directions to the centre of a place's hexagons, never to the point of an event. Phones open their own
// maps app; elsewhere OpenStreetMap. No referrer is sent with the link.
import type { Point } from '../api/types';

export function directions(to: Point, name: string, agent: string = navigator.userAgent): string {
  const at = `${to.lat.toFixed(5)},${to.lon.toFixed(5)}`;
  if (/Android/i.test(agent)) return `geo:${at}?q=${at}(${encodeURIComponent(name)})`;
  if (/iPhone|iPad|iPod/i.test(agent)) return `https://maps.apple.com/?daddr=${at}`;
  return `https://www.openstreetmap.org/directions?to=${encodeURIComponent(at)}#map=15/${to.lat.toFixed(5)}/${to.lon.toFixed(5)}`;
}
