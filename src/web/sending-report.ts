import { GaugeRow } from './gauges.ts';
import { make, part } from './page-parts.ts';
import type { EncodingStats, PublisherStats } from './publisher-stats.ts';
import { bitRate, codecNames, frameRate, percentage, pictureSize, shortTime, unknown } from './wording.ts';

/** The publish page's account of what is being sent: gauges, and a table when there are several qualities. */
export class SendingReport {
  readonly #gauges = new GaugeRow(part('gauges', HTMLElement));
  readonly #table = part('encodings', HTMLElement);
  readonly #rows = part('encoding-rows', HTMLElement);

  /** Shows the present numbers. */
  show(stats: PublisherStats | undefined): void {
    const lost = stats?.lossRatio ?? 0;
    this.#gauges.show([
      { label: 'Codec', text: codecNames(stats?.videoCodec, stats?.audioCodec) },
      { label: 'Picture', text: pictureSize(stats?.width, stats?.height) },
      { label: 'Frame rate', text: frameRate(stats?.framesPerSecond) },
      { label: 'Bit rate', text: bitRate(stats?.bitsPerSecond) },
      { label: 'Lost packets', text: percentage(stats?.lossRatio), warn: lost > 0.02 },
      { label: 'Round trip', text: shortTime(stats?.roundTripMs) },
    ]);
    const encodings = stats?.encodings ?? [];
    this.#table.hidden = encodings.length < 2;
    this.#rows.replaceChildren(...encodings.map(rowOf));
  }

  /** Shows that nothing is being sent. */
  clear(): void {
    this.show(undefined);
  }
}

function rowOf(encoding: EncodingStats): HTMLTableRowElement {
  const { active, width, height, framesPerSecond, bitsPerSecond, limitation } = encoding;
  const row = make('tr', active ? '' : 'off');
  const cause = limitation === undefined || limitation === 'none' ? unknown : limitation;
  const cells = active ? [frameRate(framesPerSecond), bitRate(bitsPerSecond), cause] : ['not sent now', '', cause];
  row.append(...[pictureSize(width, height), ...cells].map((text) => make('td', '', text)));
  return row;
}
