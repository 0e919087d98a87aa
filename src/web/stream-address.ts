/** Every URL that belongs to a stream. */
export interface StreamAddress {
  readonly streamId: string;
  readonly whip: string;
  readonly whep: string;
  /** The multivariant playlist. */
  readonly hls: string;
  readonly watchPage: string;
  readonly publishPage: string;
  /** A small picture of it. */
  readonly thumbnail: string;
  /** HTML that shows the player in another page. */
  readonly embedCode: string;
}

/** Whether a text can name a stream. */
export function isStreamId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

/** Where the gateway is, under whatever path a proxy has put it: this module is in `web/` there. */
export const gatewayUrl = new URL('..', import.meta.url).href;

/** The URLs of a stream on this gateway; `base` ends with a slash. */
export function addressOf(streamId: string, base = gatewayUrl): StreamAddress {
  const url = (path: string): string => new URL(`${path}/${encodeURIComponent(streamId)}`, base).href;
  const watchPage = url('watch');
  return {
    streamId,
    whip: url('whip'),
    whep: url('whep'),
    hls: `${url('hls')}/index.m3u8`,
    watchPage,
    publishPage: url('publish'),
    thumbnail: `${url('hls')}/thumbnail.jpg`,
    embedCode: `<iframe src="${watchPage}?embed=1" width="640" height="360" allow="autoplay; fullscreen"></iframe>`,
  };
}

/** The stream that this page, `/watch/{stream}` or `/publish/{stream}`, is about. */
export function addressOfPage(): StreamAddress {
  return addressOf(decodeURIComponent(location.pathname.split('/').at(-1) ?? ''));
}

/** A token in the page's fragment, `#token=…`, which browsers never send to a server; or where pages that need one themselves have it. */
export function tokenOfPage(): string | undefined {
  const inFragment = new URLSearchParams(location.hash.slice(1)).get('token');
  return inFragment ?? new URLSearchParams(location.search).get('access_token') ?? undefined;
}
