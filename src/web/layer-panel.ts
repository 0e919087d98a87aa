import { drawHistory, heightOf, type LayerReading, type Point, remember } from './layer-history.ts';
import { part, write } from './page-parts.ts';
import type { PlayerLayer } from './player-layers.ts';
import type { PlayerStats } from './player-stats.ts';
import type { WhepPlayer } from './whep-player.ts';
import { bitRate, layerName, pictureSize } from './wording.ts';

/** What the panel asks of a player. */
type LayeredPlayer = Pick<WhepPlayer, 'layers' | 'choice' | 'estimate' | 'choose'>;

const automatic = 'auto';

/** The gateway is asked for its estimate this often, in milliseconds. */
const askEveryMs = 2000;

const drawing = { width: 1000, height: 150 } as const;

/** The menu of qualities, and the chart of what was received. Both are there only where there is something to choose. */
export class LayerPanel {
  readonly #menu = part('quality', HTMLSelectElement);
  readonly #chart = part('layers-chart', SVGSVGElement);
  readonly #player: () => LayeredPlayer;
  #history: readonly LayerReading[] = [];
  #estimate: number | undefined;
  #askedAt = -Infinity;

  /** `player` gives the page's present one. */
  constructor(player: () => LayeredPlayer) {
    this.#player = player;
    this.#chart.setAttribute('viewBox', `0 0 ${drawing.width} ${drawing.height}`);
    this.#menu.addEventListener('change', () => void this.#choose());
  }

  /** Shows the qualities as they are now. */
  showLayers(): void {
    const { layers, choice } = this.#player();
    const hasChoice = layers.length > 1;
    part('quality-field', HTMLElement).hidden = !hasChoice;
    part('layers', HTMLElement).hidden = !hasChoice;
    const current = layers.find(({ isCurrent }) => isCurrent);
    const options = [
      { value: automatic, text: current === undefined || choice !== undefined ? 'Auto' : `Auto (${layerName(current)})`, off: false },
      ...layers.toReversed().map((layer) => ({ value: String(layer.spatialLayerId), text: layerName(layer), off: !layer.isActive })),
    ];
    for (const [index, { value, text, off }] of options.entries()) {
      const option = this.#menu.options[index] ?? this.#menu.appendChild(new Option());
      option.value = value;
      write(option, off ? `${text} (away)` : text);
    }
    this.#menu.length = options.length;
    this.#menu.value = choice?.spatialLayerId === undefined ? automatic : String(choice.spatialLayerId);
  }

  /** Takes what is received now. */
  showStats(stats: PlayerStats | undefined): void {
    const player = this.#player();
    if (player.layers.length < 2 || stats === undefined) return;
    if (stats.at - this.#askedAt > askEveryMs) void this.#ask(player, stats.at);
    this.#history = remember(this.#history, { at: stats.at, received: stats.bitsPerSecond, estimate: this.#estimate });
    this.#draw(player.layers);
    const carries = this.#estimate === undefined ? '' : `, network carries ${bitRate(this.#estimate)}`;
    write(part('layers-now', HTMLElement), `Now ${pictureSize(stats.width, stats.height)} with ${bitRate(stats.bitsPerSecond)}${carries}`);
  }

  async #ask(player: LayeredPlayer, at: number): Promise<void> {
    this.#askedAt = at;
    this.#estimate = await player.estimate();
  }

  async #choose(): Promise<void> {
    const { value } = this.#menu;
    this.#menu.disabled = true;
    await this.#player().choose(value === automatic ? undefined : { spatialLayerId: Number(value) });
    this.#menu.disabled = false;
    this.showLayers();
  }

  #draw(layers: readonly PlayerLayer[]): void {
    const lines = drawHistory(
      this.#history,
      layers.map(({ bitrate }) => bitrate),
    );
    const shapes = [
      shape('path', { class: 'received', d: area(lines.received) }),
      ...layers.filter(({ isActive }) => isActive).flatMap((layer) => markOf(layer, lines.top)),
      shape('path', { class: 'estimate', d: path(lines.estimate) }),
    ];
    this.#chart.replaceChildren(...shapes);
  }
}

/** A dashed line at the bit rate of a layer, and its name. */
function markOf(layer: PlayerLayer, top: number): readonly SVGElement[] {
  const y = heightOf(layer.bitrate, top) * drawing.height;
  const line = shape('line', { class: layer.isCurrent ? 'layer current' : 'layer', x1: 0, x2: drawing.width, y1: y, y2: y });
  return [line];
}

function area(points: readonly Point[]): string {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  return `${path(points)}L${scaled([last[0], 1])}L${scaled([first[0], 1])}Z`;
}

function path(points: readonly Point[]): string {
  return points.length === 0 ? '' : `M${points.map(scaled).join('L')}`;
}

function scaled([x, y]: Point): string {
  return `${(x * drawing.width).toFixed(1)} ${(y * drawing.height).toFixed(1)}`;
}

function shape(name: 'path' | 'line', attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}
