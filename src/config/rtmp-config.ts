import type { Settings } from './schema.ts';

/** Where streams are pushed to. */
export interface RtmpConfig {
  readonly targets: readonly {
    readonly match: string;
    readonly name: string;
    readonly url: string;
    /** Itself, or the name of the file that holds it. */
    readonly key: { readonly text: string } | { readonly file: string };
    /** Undefined: the highest. */
    readonly encoding: string | undefined;
  }[];
  readonly caFile: string | undefined;
}

/** Turns checked settings into where streams are pushed to. */
export function parseRtmp({ targets, caFile }: Settings['egress']['rtmp']): RtmpConfig {
  return {
    targets: targets.map(({ match, name, url, key, keyFile, encoding }) => ({
      match,
      name,
      url,
      key: keyFile === undefined ? { text: key ?? '' } : { file: keyFile },
      encoding,
    })),
    caFile,
  };
}
