// MapLibre, kept outside the UI framework: the page hands over a `Scene`, gets back clicks and moves.
// Loaded lazily, with its worker as an asset of our own address (the policy forbids blob: workers).
import {
  AttributionControl,
  Map as GlMap,
  type MapMouseEvent,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type VectorTileSource,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { reducedMotion } from '../state/prefs';
import { type Label, visibleLabels } from './labels';
import { HATCH, layersOf, type Scene, styleOf, tilesOf } from './style';

setWorkerUrl(workerUrl);

export interface Position {
  lat: number;
  lon: number;
  zoom: number;
}

export interface Callbacks {
  onCell: (cell: string | null) => void;
  onAlert: (id: string) => void;
  onMove: (position: Position) => void;
  onFail: () => void;
}

export interface Start {
  bounds?: [number, number, number, number];
  position?: Position;
}

/** For end-to-end tests, which assert on what is drawn. */
declare global {
  interface Window {
    __map?: GlMap;
  }
}

/** Sources whose tiles change with the scene. */
const LIVE = ['cells', 'forecast', 'hotspots', 'clusters'] as const;

const withoutRevision = (url: string): string => url.replace(/v=\d+$/, '');

export class Engine {
  private readonly map: GlMap;
  private labels: Label[] = [];
  private markers: Marker[] = [];
  private loaded = false;
  /** The addresses that the sources have now; the scene may be ahead of them while the map loads. */
  private tiles: ReturnType<typeof tilesOf> | null = null;
  private hatchIsDark: boolean | null = null;

  constructor(
    container: HTMLElement,
    private scene: Scene,
    start: Start,
    private readonly callbacks: Callbacks,
  ) {
    this.map = new GlMap({
      container,
      ...(start.position
        ? { center: [start.position.lon, start.position.lat], zoom: start.position.zoom }
        : start.bounds
          ? { bounds: start.bounds, fitBoundsOptions: { padding: 24 } }
          : { center: [-98, 39], zoom: 3 }),
      minZoom: 3,
      maxZoom: 15,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      refreshExpiredTiles: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.map.addControl(new ScaleControl({ unit: 'imperial' }), 'bottom-left');
    this.map.addControl(new AttributionControl({ compact: true }), 'bottom-right');
    this.map.on('load', () => {
      this.loaded = true;
      this.update(this.scene);
      this.drawLabels();
    });
    this.map.on('moveend', () => {
      const { lat, lng } = this.map.getCenter();
      callbacks.onMove({ lat, lon: lng, zoom: this.map.getZoom() });
      this.drawLabels();
    });
    this.map.on('click', (event) => this.click(event));
    this.map.on('mousemove', (event) => {
      this.map.getCanvas().style.cursor = this.hits(event).length > 0 ? 'pointer' : '';
    });
    this.map.on('webglcontextlost', () => callbacks.onFail());
    window.__map = this.map;
  }

  /** Draw another scene: only what differs is asked for again. */
  update(next: Scene): void {
    this.scene = next;
    const tiles = tilesOf(next);
    if (!this.tiles) {
      // The first scene: by now the zoom is known, and with it the size of the hexagons to ask for.
      this.tiles = tiles;
      this.map.setStyle(styleOf(next));
      return;
    }
    if (!this.loaded) return;
    const changed = LIVE.filter((name) => tiles[name] !== this.tiles?.[name]);
    const fresh = changed.filter((name) => !this.refresh(name, tiles[name]));
    this.tiles = tiles;
    if (this.hatchIsDark !== next.dark) this.addHatch();
    if (fresh.length > 0) this.replaceSources(fresh);
    this.replaceLayers();
  }

  /**
   * Ask for the same tiles again, keeping the old ones on the screen until the new are there. Only where
   * nothing but their content changed and none is under way: MapLibre gives a tile that is just being
   * loaded its old content again. Answers whether it could be done.
   */
  private refresh(name: (typeof LIVE)[number], url: string): boolean {
    const source = this.map.getSource(name);
    const same = withoutRevision(url) === withoutRevision(this.tiles?.[name] ?? '');
    if (!same || !source || !('setTiles' in source) || !this.map.isSourceLoaded(name)) return false;
    (source as VectorTileSource).setTiles([url]);
    return true;
  }

  /** Other hexagons or another window: the old tiles must not be seen any more. */
  private replaceSources(names: readonly (typeof LIVE)[number][]): void {
    const { sources } = styleOf(this.scene);
    for (const id of this.map.getLayersOrder()) this.map.removeLayer(id);
    for (const name of names) {
      const source = sources[name];
      if (!source) continue;
      if (this.map.getSource(name)) this.map.removeSource(name);
      this.map.addSource(name, source);
    }
  }

  setLabels(labels: Label[]): void {
    this.labels = labels;
    this.drawLabels();
  }

  goTo(position: Position): void {
    const to = { center: [position.lon, position.lat] as [number, number], zoom: position.zoom };
    if (reducedMotion()) this.map.jumpTo(to);
    else this.map.easeTo({ ...to, duration: 150 });
  }

  zoom(): number {
    return this.map.getZoom();
  }

  resize(): void {
    this.map.resize();
  }

  destroy(): void {
    if (window.__map === this.map) delete window.__map;
    this.map.remove();
  }

  private replaceLayers(): void {
    const wanted = layersOf(this.scene);
    const present = this.map.getLayersOrder();
    const same = present.length === wanted.length && wanted.every((layer, i) => layer.id === present[i]);
    if (same) {
      for (const layer of wanted) this.repaint(layer);
      return;
    }
    for (const id of present) this.map.removeLayer(id);
    for (const layer of wanted) this.map.addLayer(layer);
  }

  private repaint(layer: ReturnType<typeof layersOf>[number]): void {
    const paint = 'paint' in layer && layer.paint ? layer.paint : {};
    // The source of the chosen hexagon follows the layer; MapLibre cannot move a layer between sources.
    const current = this.map.getLayer(layer.id);
    if (current && 'source' in layer && current.source !== layer.source) {
      const order = this.map.getLayersOrder();
      const above = order[order.indexOf(layer.id) + 1];
      this.map.removeLayer(layer.id);
      this.map.addLayer(layer, above);
      return;
    }
    for (const [name, value] of Object.entries(paint))
      this.map.setPaintProperty(layer.id, name as never, value as never);
    if ('filter' in layer && layer.filter) this.map.setFilter(layer.id, layer.filter);
  }

  private hits(event: MapMouseEvent) {
    if (!this.loaded) return [];
    const layers = ['hexagons', 'clusters-alert', 'clusters-watch', 'clusters-hit'].filter((id) =>
      this.map.getLayer(id),
    );
    return layers.length > 0 ? this.map.queryRenderedFeatures(event.point, { layers }) : [];
  }

  private click(event: MapMouseEvent): void {
    const hits = this.hits(event);
    const cell = hits.find((hit) => hit.layer.id === 'hexagons')?.properties.cell;
    const alert = hits.find((hit) => hit.layer.id.startsWith('clusters'))?.properties.alert;
    if (typeof cell === 'string') this.callbacks.onCell(cell);
    else if (typeof alert === 'string') this.callbacks.onAlert(alert);
    else this.callbacks.onCell(null);
  }

  /** Place names as HTML: the map needs no glyph server, and the names are real text. */
  private drawLabels(): void {
    for (const marker of this.markers) marker.remove();
    const canvas = this.map.getCanvas();
    const shown = visibleLabels(
      this.labels,
      this.map.getZoom(),
      canvas.clientWidth,
      canvas.clientHeight,
      (label) => this.map.project([label.lon, label.lat]),
    );
    this.markers = shown.map((label) => {
      const element = document.createElement('span');
      element.className = `map-label ${label.kind}`;
      element.textContent = label.name;
      element.setAttribute('aria-hidden', 'true');
      return new Marker({ element, anchor: 'center' }).setLngLat([label.lon, label.lat]).addTo(this.map);
    });
    for (const marker of this.markers) {
      const element = marker.getElement();
      element.removeAttribute('tabindex');
      element.removeAttribute('role');
      element.removeAttribute('aria-label');
    }
  }

  private addHatch(): void {
    if (this.map.hasImage(HATCH)) this.map.removeImage(HATCH);
    this.map.addImage(HATCH, hatch(this.scene.dark));
    this.hatchIsDark = this.scene.dark;
  }
}

/** Diagonal lines on nothing: drawn over a hexagon whose comparison rests on little data. */
function hatch(dark: boolean): ImageData {
  const size = 8;
  const image = new ImageData(size, size);
  const ink = dark ? 240 : 30;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if ((x + y) % size > 1) continue;
      image.data.set([ink, ink, ink, 110], (y * size + x) * 4);
    }
  }
  return image;
}
