#!/bin/sh
# Publishes a test picture and a tone with FFmpeg's WHIP muxer, which came with FFmpeg 8:
#
#   examples/ffmpeg.sh [endpoint] [seconds]          defaults: http://localhost:8080/whip/show, until you press q
#
# FFmpeg cannot play WHEP: watch at http://localhost:8080/watch/show or with examples/watch.html.
# Tested where FFmpeg has that muxer: test/integration/examples.test.ts; by hand with FFmpeg 9.0.2 (Debian) on 2026-11-20.
#
# For your own input, replace the two -f lavfi inputs. What matters:
#   -re                          reads a file at its own pace; leave it out for cameras
#   -bf 0                        no B-frames, which WebRTC players do not put back in order
#   -g 60                        a key frame every 60 frames: FFmpeg ignores requests for key frames, so a new viewer waits that long
#   -whip_flags dtls_active      without it FFmpeg 9.0 falls to about a packet a second where the round trip takes 60 ms
# FFmpeg 9.0 does not notice when the gateway ends the session (a restart, another publisher): it stands still and must be started again.
set -eu

endpoint=${1:-http://localhost:8080/whip/show}
seconds=${2:-}

muxer=$(ffmpeg -hide_banner -h muxer=whip 2>&1)
case $muxer in
  *'Muxer whip'*) ;;
  *)
    echo 'ffmpeg.sh: this FFmpeg has no WHIP muxer; it takes FFmpeg 8 or newer, built with it' >&2
    exit 1
    ;;
esac
flags=
case $muxer in *dtls_active*) flags='-whip_flags dtls_active' ;; esac

# shellcheck disable=SC2086 # the flags are two words or none
exec ffmpeg -hide_banner \
  -re -f lavfi -i testsrc2=size=1280x720:rate=30 \
  -re -f lavfi -i sine=frequency=440:sample_rate=48000 \
  -c:v libx264 -profile:v baseline -preset veryfast -tune zerolatency -pix_fmt yuv420p -bf 0 -g 60 -b:v 2M \
  -c:a libopus -ac 2 -b:a 96k ${seconds:+-t "$seconds"} \
  -f whip $flags "$endpoint"
