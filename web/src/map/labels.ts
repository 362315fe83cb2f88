// Which place names fit: the largest first, none over another.

export interface Label {
  name: string;
  lat: number;
  lon: number;
  kind: 'county' | 'town';
  /** Larger goes first. */
  weight: number;
}

interface At {
  x: number;
  y: number;
}

const HEIGHT = 18;
const CHARACTER = 7;
const AT_MOST = 26;

export function visibleLabels(
  labels: readonly Label[],
  zoom: number,
  width: number,
  height: number,
  project: (label: Label) => At,
): Label[] {
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  const shown: Label[] = [];
  const ordered = [...labels].sort((a, b) => b.weight - a.weight || a.name.localeCompare(b.name));
  for (const label of ordered) {
    if (shown.length >= AT_MOST) break;
    // Counties are named from afar, towns from nearer.
    if (label.kind === 'county' && zoom > 10.5) continue;
    if (label.kind === 'town' && zoom < 7) continue;
    const { x, y } = project(label);
    if (x < 0 || y < 0 || x > width || y > height) continue;
    const half = (label.name.length * CHARACTER) / 2 + 6;
    const box = { left: x - half, right: x + half, top: y - HEIGHT / 2 - 2, bottom: y + HEIGHT / 2 + 2 };
    const clash = taken.some(
      (other) =>
        box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top,
    );
    if (clash) continue;
    taken.push(box);
    shown.push(label);
  }
  return shown;
}
