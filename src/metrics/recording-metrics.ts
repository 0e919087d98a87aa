import { Counter, Gauge, type Registry } from 'prom-client';
import type { Recordings } from '../egress/record/recordings.ts';

/** Counts what recordings tell; the result brings the gauges up to date. */
export function countRecordings(store: Registry, recordings: Recordings): () => Promise<void> {
  countEvents(store, recordings);
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [store] });
  const writing = gauge('sluice_recordings', 'Streams that are being recorded now.');
  const kept = gauge('sluice_recordings_kept', 'Files of recordings that are kept on the disk.');
  const keptBytes = gauge('sluice_recordings_kept_bytes', 'Size of all of them.');
  const available = gauge('sluice_recording_disk_available_bytes', 'What is free of the disk that recordings are on.');
  const queued = gauge('sluice_recording_uploads_waiting', 'Recordings that the bucket has not confirmed yet.');
  const queuedBytes = gauge('sluice_recording_uploads_waiting_bytes', 'Size of all of them.');
  return async () => {
    const report = recordings.report();
    writing.set(report.writing);
    kept.set(report.kept);
    keptBytes.set(report.keptBytes);
    if (report.availableBytes === undefined) available.reset();
    else available.set(report.availableBytes);
    queued.set(report.uploads.length);
    queuedBytes.set(report.uploads.bytes);
  };
}

function countEvents(store: Registry, { observer }: Recordings): void {
  const registers = [store];
  const written = new Counter({ name: 'sluice_recording_written_bytes_total', help: 'Bytes of media written to recordings.', registers });
  const parts = new Counter({
    name: 'sluice_recording_parts_total',
    help: 'Files of recordings that were completed, by why they ended.',
    labelNames: ['ending'],
    registers,
  });
  const failures = new Counter({
    name: 'sluice_recording_failures_total',
    help: 'Recordings that stopped although they should go on, by cause.',
    labelNames: ['cause'],
    registers,
  });
  const uploaded = new Counter({ name: 'sluice_recording_uploaded_bytes_total', help: 'Bytes that the bucket has confirmed.', registers });
  const uploadFailures = new Counter({
    name: 'sluice_recording_upload_failures_total',
    help: 'Attempts to upload a recording that failed, by cause.',
    labelNames: ['cause'],
    registers,
  });
  observer.on('wrote', ({ bytes }) => written.inc(bytes));
  observer.on('completed', ({ ending }) => parts.inc({ ending: ending?.cause ?? 'unknown' }));
  observer.on('failed', (cause) => failures.inc({ cause }));
  observer.on('uploaded', ({ bytes }) => uploaded.inc(bytes));
  observer.on('uploadFailed', (cause) => uploadFailures.inc({ cause }));
}
