import type { StreamId } from '../streams/stream-id.ts';

/** Why an output stopped or was interrupted: a stable word, and a sentence for people that holds no key, token or URL with credentials. */
export interface OutputEnding {
  readonly cause: string;
  readonly detail: string;
}

/** What an output does now. */
export type OutputState =
  | { readonly name: 'starting' | 'running' | 'stopped'; readonly since: Date }
  /** For a publisher, or for something else that `reason` names. */
  | { readonly name: 'waiting'; readonly since: Date; readonly reason: string }
  | {
      readonly name: 'restarting';
      readonly since: Date;
      /** From 1. */
      readonly attempt: number;
      readonly ending: OutputEnding;
      readonly retryAt: Date;
    }
  | { readonly name: 'failed'; readonly since: Date; readonly ending: OutputEnding };

/** An output as the API and the metrics show it. */
export interface OutputReport {
  readonly id: string;
  readonly kind: 'hls' | 'rtmp' | 'record';
  readonly streamId: StreamId;
  readonly state: OutputState;
  /** What is special to its kind: plain data without secrets. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** One way in which a stream leaves: HLS, one RTMP target, one recording. */
export interface EgressOutput {
  /** Unique within its stream. */
  readonly id: string;
  readonly kind: OutputReport['kind'];
  readonly streamId: StreamId;
  report(): OutputReport;
  /** Flushes and closes. Idempotent. */
  stop(): Promise<void>;
}
