/** What one push is. */
export interface PushOptions {
  /** Scheme, host and port; application and key come from the option file. */
  readonly address: string;
  readonly isTls: boolean;
  readonly hasVideo: boolean;
  /** Path of the option file, as FFmpeg sees it. */
  readonly optionFile: string;
  /** PEM file of the authorities to trust instead of those of the system. */
  readonly caFile: string | undefined;
}

/** How long a server may answer nothing, in microseconds. */
const networkTimeout = 8_000_000;

/** Video waits so long for audio that does not come, in microseconds: FFmpeg's own 10 s would freeze the picture of a muted stream. */
const longestInterleave = 1_000_000;

/**
 * How much the kernel keeps for a server that reads slowly, in bytes (Linux doubles it): enough for 20 Mbit/s over 200 ms, and little enough that
 * a server that reads nothing is found out within seconds, not minutes.
 */
const sendBuffer = 262_144;

/**
 * The arguments of the FFmpeg that pushes fragmented MP4 from its standard input to an RTMP server, and tells its progress on standard output.
 *
 * Never `-timeout`: it makes FFmpeg listen. The bit-stream filters write a new sequence header into the stream when the picture changes its
 * size, because the `moov` that FFmpeg was given at the start cannot.
 */
export function pushArguments({ address, isTls, hasVideo, optionFile, caFile }: PushOptions): readonly string[] {
  return [
    ...['-hide_banner', '-nostdin', '-nostats'],
    ...['-loglevel', 'level+warning'],
    ...['-progress', 'pipe:1'],
    ...['-stats_period', '1'],
    ...['-fpsprobesize', '0'],
    ...['-probesize', '500000'],
    ...['-f', 'mp4'],
    ...['-i', 'pipe:0'],
    ...['-map', '0'],
    ...['-c', 'copy'],
    ...(hasVideo ? ['-bsf:v', 'h264_mp4toannexb,extract_extradata'] : []),
    ...['-max_interleave_delta', `${longestInterleave}`],
    ...['-rw_timeout', `${networkTimeout}`],
    ...['-send_buffer_size', `${sendBuffer}`],
    ...['-flvflags', 'no_duration_filesize'],
    ...['-fpre', optionFile],
    ...(isTls ? ['-tls_verify', '1'] : []),
    ...(isTls && caFile !== undefined ? ['-ca_file', caFile] : []),
    ...['-f', 'flv'],
    address,
  ];
}
