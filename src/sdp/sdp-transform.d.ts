/**
 * The part of sdp-transform 3 that Sluice uses; the package ships no types.
 *
 * Its parser turns every value that looks like a number into one, so a mid `0` arrives as `0` and a password `12` as `12`.
 */
declare module 'sdp-transform' {
  export type Scalar = string | number;

  /** Attributes that stand in the session part and in m= sections alike. */
  export interface AttributeBlock {
    readonly direction?: Scalar;
    readonly iceUfrag?: Scalar;
    readonly icePwd?: Scalar;
    readonly setup?: Scalar;
    readonly fingerprint?: { readonly type: Scalar; readonly hash: Scalar };
    readonly extmapAllowMixed?: Scalar;
    readonly ext?: readonly { readonly value: Scalar; readonly direction?: Scalar; readonly uri: Scalar }[];
    readonly candidates?: readonly { readonly transport: Scalar; readonly ip: Scalar; readonly port: Scalar }[];
    readonly endOfCandidates?: Scalar;
    /** Attributes that the grammar does not know, each as the text behind `a=`. */
    readonly invalid?: readonly { readonly value: Scalar }[];
  }

  /** One m= section. Nothing but the three lists is certain: an unreadable m= line leaves the rest out. */
  export interface MediaBlock extends AttributeBlock {
    readonly type?: Scalar;
    readonly port?: Scalar;
    readonly protocol?: Scalar;
    readonly payloads?: Scalar;
    readonly rtp: readonly { readonly payload: Scalar; readonly codec: Scalar; readonly rate?: Scalar; readonly encoding?: Scalar }[];
    readonly fmtp: readonly { readonly payload: Scalar; readonly config: Scalar }[];
    readonly rtcpFb?: readonly { readonly payload: Scalar; readonly type: Scalar; readonly subtype?: Scalar }[];
    readonly mid?: Scalar;
    readonly msid?: readonly { readonly id: Scalar }[];
    readonly bundleOnly?: Scalar;
    readonly rtcp?: unknown;
    readonly rtcpMux?: Scalar;
    readonly rtcpRsize?: Scalar;
    readonly ssrcs?: readonly { readonly id: Scalar; readonly attribute?: Scalar; readonly value?: Scalar }[];
    readonly ssrcGroups?: readonly { readonly semantics: Scalar; readonly ssrcs: Scalar }[];
    readonly simulcast?: { readonly dir1: Scalar; readonly list1: Scalar; readonly dir2?: Scalar; readonly list2?: Scalar };
  }

  export interface SessionBlock extends AttributeBlock {
    readonly origin?: { readonly username: Scalar; readonly sessionVersion: Scalar; readonly address: Scalar };
    readonly msidSemantic?: unknown;
    readonly groups?: readonly { readonly type: Scalar; readonly mids: Scalar }[];
    readonly media: readonly MediaBlock[];
  }

  export function parse(text: string): SessionBlock;
}
