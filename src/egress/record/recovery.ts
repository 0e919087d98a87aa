import { existsSync } from 'node:fs';
import { rm, stat, truncate } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Catalogue } from './catalogue.ts';
import { type Finisher, remuxEnding } from './finisher.ts';
import { measurePart } from './measure.ts';
import { completeAs, containers, type Recording } from './recording.ts';

/** What recovery works with. */
export interface RecoveryDeps {
  readonly catalogue: Catalogue;
  readonly finisher: Finisher;
  readonly logger: Logger;
}

const crashed = { cause: 'crashed', detail: 'The gateway ended while this was recorded; it was completed at its next start.' };

/** What an earlier life of the gateway left unfinished. */
export function unfinishedIn(catalogue: Catalogue): readonly Recording[] {
  return catalogue.all().filter(({ state }) => state === 'recording' || state === 'finishing');
}

/** Completes recordings that nobody writes any more: cuts off half a fragment, and gives files their names and side-cars. Never rejects. */
export async function recoverRecordings(recordings: readonly Recording[], deps: RecoveryDeps): Promise<void> {
  for (const recording of recordings) {
    try {
      await recover(recording, deps);
    } catch (error) {
      const facts = { recordingId: recording.id, streamId: recording.streamId, path: recording.path };
      deps.logger.error({ ...facts, err: error }, 'recording of an earlier life could not be completed');
    }
  }
}

async function recover(recording: Recording, { catalogue, finisher, logger }: RecoveryDeps): Promise<void> {
  const grown = catalogue.fileOf(recording);
  await rm(`${grown}${remuxEnding}`, { force: true });
  const named = namedAlready(recording, catalogue);
  if (named !== undefined) {
    await rm(grown, { force: true });
    const { size } = await stat(catalogue.fileOf(named));
    await catalogue.save({ ...named, bytes: size });
    return;
  }
  const whole = existsSync(grown) ? await measurePart(grown) : { bytes: 0, durationMs: 0, hasSound: false };
  if (whole.durationMs === 0) {
    logger.warn({ recordingId: recording.id, streamId: recording.streamId }, 'recording of an earlier life holds nothing and is removed');
    await catalogue.remove(recording);
    return;
  }
  await truncate(grown, whole.bytes);
  const { bytes, durationMs } = whole;
  const audio = whole.hasSound ? recording.audio : undefined;
  await finisher.finish({ ...recording, audio, bytes, durationMs: Math.round(durationMs), ending: recording.ending ?? crashed });
}

/** The recording as it is when its file has got its name already; undefined: it has not. It may have stayed in another container than wanted. */
function namedAlready(recording: Recording, catalogue: Catalogue): Recording | undefined {
  const others = existsSync(catalogue.fileOf(recording)) ? [] : containers;
  const names = [recording.container, ...others].map((container) => completeAs(recording, container));
  return names.find((complete) => existsSync(catalogue.fileOf(complete)));
}
