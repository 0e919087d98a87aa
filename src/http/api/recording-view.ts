import type { Recording } from '../../egress/record/recording.ts';
import type { UploadState } from '../../egress/storage/upload-queue.ts';
import { defined } from './defined.ts';
import type { RecordingView } from './recording-schemas.ts';

/** A recording as operators see it; `upload`: how it stands in the queue. */
export function viewRecording(recording: Recording, upload: UploadState | undefined): RecordingView {
  const { id, session, streamId, part, state, startedAt, durationMs, bytes, container, path, video, audio, ending } = recording;
  return {
    ...{ id, session, stream: streamId, part, state, startedAt: startedAt.toISOString(), durationMs, bytes, container, path },
    ...defined({
      video: video === undefined ? undefined : { codec: video.codec, ...defined({ width: video.width, height: video.height }) },
      audio:
        audio === undefined ? undefined : { codec: audio.codec, ...defined({ sampleRate: audio.sampleRate, channels: audio.channels }) },
      ending: ending === undefined ? undefined : { cause: ending.cause, detail: ending.detail },
      upload: viewUpload(recording, upload),
    }),
  };
}

function viewUpload({ remote }: Recording, upload: UploadState | undefined): RecordingView['upload'] {
  const place = defined({ bucket: remote?.bucket, key: remote?.key });
  if (remote?.confirmedAt !== undefined) return { state: 'done', ...place, confirmedAt: remote.confirmedAt.toISOString() };
  switch (upload?.name) {
    case undefined:
      return undefined;
    case 'queued':
      return { state: 'queued', ...place };
    case 'uploading':
      return { state: 'uploading', ...place, sentBytes: upload.sentBytes };
    case 'retrying': {
      const { attempt, failure, detail, retryAt } = upload;
      return { state: 'retrying', ...place, attempt, failure, detail, retryAt: retryAt.toISOString() };
    }
  }
}
