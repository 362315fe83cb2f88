// How far in the map is; the table shows hexagons of the size that the map draws.
import { signal } from '@preact/signals';

export const zoom = signal(7);
