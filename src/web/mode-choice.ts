import type { VideoCodec } from './encoding-plan.ts';

/** Layers within one encoding that make sense for many viewers, the best bargain first. Stacked: the larger are made from the smaller. */
const modes = [
  { mode: 'L3T3_KEY', label: 'Three sizes, apart' },
  { mode: 'L3T3', label: 'Three sizes, stacked' },
  { mode: 'L2T3_KEY', label: 'Two sizes, apart' },
  { mode: 'L2T3', label: 'Two sizes, stacked' },
  { mode: 'L1T3', label: 'Three frame rates' },
] as const;

/** The question that browsers answer, which TypeScript's DOM library does not know in full. */
interface EncodingQuestion extends MediaEncodingConfiguration {
  readonly video: VideoConfiguration & { readonly scalabilityMode: string };
}

/** The scalability modes that this browser can send with a codec; none for codecs whose several qualities are simulcast. */
async function supportedModes(codec: VideoCodec | undefined): Promise<readonly (typeof modes)[number][]> {
  if (codec !== 'VP9' && codec !== 'AV1') return [];
  const answers = await Promise.all(modes.map(async ({ mode }) => isSupported(codec, mode)));
  return modes.filter((_mode, index) => answers[index]);
}

async function isSupported(codec: VideoCodec, scalabilityMode: string): Promise<boolean> {
  const video = { contentType: `video/${codec}`, width: 1280, height: 720, bitrate: 2_000_000, framerate: 30, scalabilityMode };
  const question: EncodingQuestion = { type: 'webrtc', video };
  // A browser without this question, or without SVC, throws.
  return (await navigator.mediaCapabilities.encodingInfo(question).catch(() => ({ supported: false }))).supported;
}

/** Keeps the list of modes right for the codec of the form, and hidden where there is nothing to choose. */
export class ModeChoice {
  readonly #form: HTMLFormElement;
  readonly #field: HTMLElement;
  readonly #select: HTMLSelectElement;

  constructor(form: HTMLFormElement, field: HTMLElement, select: HTMLSelectElement) {
    this.#form = form;
    this.#field = field;
    this.#select = select;
    form.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLElement && ['codec', 'simulcast'].includes(target.getAttribute('name') ?? '')) void this.offer();
    });
  }

  /** Offers what the browser can do; `wanted` is chosen if it is among it. */
  async offer(wanted = this.#select.value): Promise<void> {
    const values = new FormData(this.#form);
    const supported = await supportedModes((['VP9', 'AV1'] as const).find((codec) => codec === values.get('codec')));
    this.#select.replaceChildren(...supported.map(({ mode, label }) => new Option(`${label} (${mode})`, mode)));
    if (supported.some(({ mode }) => mode === wanted)) this.#select.value = wanted;
    this.#field.hidden = supported.length === 0 || values.get('simulcast') === null;
  }
}
