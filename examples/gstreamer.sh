#!/bin/sh
# Publishes a test picture and a tone with GStreamer, or watches a stream:
#
#   examples/gstreamer.sh publish [endpoint]         default: http://localhost:8080/whip/show
#   examples/gstreamer.sh watch [endpoint]           default: http://localhost:8080/whep/show
#   examples/gstreamer.sh publish-simple [endpoint]  the same as publish, with Debian's simple-whip-client instead of the Rust plugins
#
# publish and watch are untested: their elements are in gst-plugins-rs, which Debian does not package. What they stand on, webrtcbin, was
# tried by hand in both directions with GStreamer 1.28.8 on 2026-11-20, publish-simple among it.
set -eu

case ${1:-} in
  publish)
    exec gst-launch-1.0 -e whipclientsink name=out signaller::whip-endpoint="${2:-http://localhost:8080/whip/show}" \
      videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=30/1 ! videoconvert ! queue ! out. \
      audiotestsrc is-live=true ! audioconvert ! audioresample ! queue ! out.
    ;;
  watch)
    exec gst-launch-1.0 whepclientsrc name=in signaller::whep-endpoint="${2:-http://localhost:8080/whep/show}" \
      in. ! queue ! videoconvert ! autovideosink \
      in. ! queue ! audioconvert ! audioresample ! autoaudiosink
    ;;
  publish-simple)
    exec whip-client -u "${2:-http://localhost:8080/whip/show}" \
      -V 'videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=30/1 ! videoconvert ! queue
        ! x264enc tune=zerolatency speed-preset=veryfast bitrate=2000 key-int-max=60 ! video/x-h264,profile=constrained-baseline
        ! rtph264pay pt=96 ssrc=1 config-interval=-1 ! queue ! application/x-rtp,media=video,encoding-name=H264,payload=96' \
      -A 'audiotestsrc is-live=true ! audioconvert ! audioresample ! queue
        ! opusenc ! rtpopuspay pt=111 ssrc=2 ! queue ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111'
    ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
