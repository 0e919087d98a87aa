import { make, write } from './page-parts.ts';
import { unknown } from './wording.ts';

/** One labelled value; `warn` marks one that explains trouble. */
export interface Gauge {
  readonly label: string;
  readonly text: string;
  readonly warn?: boolean;
}

/** A row of labelled values that is brought up to date in place. */
export class GaugeRow {
  readonly #list: HTMLElement;
  readonly #values = new Map<string, HTMLElement>();

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  /** Shows the gauges; labels must be the same each time. */
  show(gauges: readonly Gauge[]): void {
    for (const { label, text, warn } of gauges) {
      const value = this.#values.get(label) ?? this.#add(label);
      write(value, text);
      value.className = warn === true ? 'warn' : text === unknown ? 'off' : '';
    }
  }

  #add(label: string): HTMLElement {
    const box = make('div', '');
    const value = make('dd', '');
    box.append(make('dt', '', label), value);
    this.#list.append(box);
    this.#values.set(label, value);
    return value;
  }
}
