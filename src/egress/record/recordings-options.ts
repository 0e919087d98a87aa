import type { Logger } from 'pino';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputList } from '../output-list.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { RetentionLimits } from '../storage/retention.ts';
import type { EgressSupervisor } from '../supervisor.ts';
import type { PartLimits } from './part-decision.ts';
import type { Taps } from './record-output.ts';

/** Whether a stream is recorded. */
type RecordPolicy = 'never' | 'request' | 'always';

/** What `Recordings` works with. */
export interface RecordingsOptions {
  /** Absolute; made with the first recording. */
  readonly folder: string;
  /** As `parsePathTemplate` takes it. */
  readonly path: string;
  readonly format: 'mp4' | 'mkv';
  readonly faststart: boolean;
  readonly limits: PartLimits;
  readonly minFreeBytes: number;
  readonly retention: RetentionLimits;
  /** Undefined: nothing is uploaded. */
  readonly upload:
    | {
        readonly store: ObjectStore;
        readonly prefix: string;
        readonly partBytes: number;
        readonly uploads: number;
        readonly keepLocal: boolean;
      }
    | undefined;
  readonly taps: Taps & Pick<EgressSupervisor, 'launcher'>;
  readonly outputs: OutputList;
  readonly registry: Pick<StreamRegistry, 'observer'> & { stream(streamId: StreamId): unknown };
  readonly policyOf: (streamId: StreamId) => RecordPolicy;
  /** Another gateway works in the folder: what is unfinished there is its own. Default false. */
  readonly isShared?: boolean;
  readonly logger: Logger;
}
