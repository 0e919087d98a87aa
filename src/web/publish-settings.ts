import { codecsToOffer, type VideoCodec } from './encoding-plan.ts';

/** What the publish page's form says. */
export interface PublishSettings {
  readonly source: 'camera' | 'screen' | 'pattern';
  /** A device id, empty for the browser's default, or `none`. */
  readonly camera: string;
  readonly microphone: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Undefined leaves the choice to the server. */
  readonly codec: VideoCodec | undefined;
  /** Bits per second; undefined leaves it to the browser. */
  readonly maxBitrate: number | undefined;
  /** Several qualities at once. */
  readonly layered: boolean;
  /** How, with the codecs that have layers; empty leaves it to us. */
  readonly mode: string;
  readonly token: string;
}

const codecs: readonly VideoCodec[] = ['H264', 'VP8', 'VP9', 'AV1'];

/** The codecs that this browser can send. */
export function sendableCodecs(): readonly VideoCodec[] {
  const available = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  return codecs.filter((codec) => codecsToOffer(available, codec).length > 0);
}

/** Reads the form. */
export function readSettings(form: HTMLFormElement): PublishSettings {
  // A disabled fieldset is not part of FormData; its controls still have values.
  const value = (name: string): string => valueOf(form, name);
  const height = Number(value('height'));
  const kilobits = Number(value('bitrate'));
  const source = value('source');
  return {
    source: source === 'screen' || source === 'pattern' ? source : 'camera',
    camera: value('camera'),
    microphone: value('microphone'),
    width: Math.round((height * 16) / 9),
    height,
    framesPerSecond: Number(value('fps')),
    codec: codecs.find((codec) => codec === value('codec')),
    maxBitrate: kilobits === 0 ? undefined : kilobits * 1000,
    layered: value('simulcast') === 'on',
    mode: value('mode'),
    token: value('token').trim(),
  };
}

/** Fills the form from URL parameters of the same names, such as `?source=pattern&codec=VP8&simulcast=1&height=540`. */
export function applyParameters(form: HTMLFormElement, parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    const control = form.elements.namedItem(name);
    if (control instanceof HTMLInputElement && control.type === 'checkbox') control.checked = ['1', 'true', 'on'].includes(value);
    else if (control instanceof HTMLSelectElement) choose(control, value);
    else if (control instanceof RadioNodeList) control.value = value;
  }
}

/**
 * How the publisher shall make several qualities: in layers of one encoding with the codecs that are made for it, else as simulcast.
 *
 * `L3T3_KEY` costs the least where nothing else is chosen: its sizes need each other for key pictures only.
 */
export function layersOf({ codec, layered, mode }: Pick<PublishSettings, 'codec' | 'layered' | 'mode'>): {
  simulcast: boolean;
  scalabilityMode: string | undefined;
} {
  const scalable = codec === 'VP9' || codec === 'AV1';
  const scalabilityMode = mode === '' ? 'L3T3_KEY' : mode;
  return { simulcast: layered && !scalable, scalabilityMode: layered && scalable ? scalabilityMode : undefined };
}

/** A value that the list does not have is added to it, so that a URL can ask for any bit rate. Text and unknown codecs are not. */
function choose(select: HTMLSelectElement, value: string): void {
  const known = Array.from(select.options, (option) => option.value).includes(value);
  if (!known && !(select.name === 'bitrate' && /^[1-9]\d{1,5}$/.test(value))) return;
  if (!known) select.add(new Option(`${Number(value) / 1000} Mbit/s`, value));
  select.value = value;
}

function valueOf(form: HTMLFormElement, name: string): string {
  const control = form.elements.namedItem(name);
  if (control instanceof RadioNodeList || control instanceof HTMLSelectElement) return control.value;
  if (!(control instanceof HTMLInputElement)) throw new TypeError(`The form has no ${name}.`);
  return control.type === 'checkbox' && !control.checked ? '' : control.value;
}
