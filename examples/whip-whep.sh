#!/bin/sh
# Walks through the HTTP exchanges of WHIP and WHEP with curl and prints each one:
#
#   examples/whip-whep.sh [gateway] [stream]          defaults: http://localhost:8080 curl-example
#
# The bundled offer is one that OBS 32 sends, with made-up identities. No encoder stands behind it, so the stream never gets media: that is
# why watching it ends in 409 here. Exits 1 at the first answer that is not the expected one.
# Tested: test/integration/examples.test.ts runs it against a gateway.
set -eu

gateway=${1:-http://localhost:8080}
stream=${2:-curl-example}
offer=$(dirname "$0")/offer.sdp
work=$(mktemp -d)
session=

leave() {
  [ -z "$session" ] || curl -sS --max-time 10 -o "$work/body" -X DELETE "$session" || true
  rm -rf "$work"
}
trap leave EXIT

fail() {
  printf '\nwhip-whep.sh: %s\n' "$1" >&2
  exit 1
}

step() {
  printf '\n== %s\n' "$1"
}

# exchange WANTED-STATUS METHOD URL [curl option]...
exchange() {
  wanted=$1 method=$2 url=$3
  shift 3
  : >"$work/headers" >"$work/body"
  printf '> %s %s\n' "$method" "$url"
  status=$(curl -sS --max-time 10 -D "$work/headers" -o "$work/body" -w '%{http_code}' -X "$method" "$@" "$url") || fail "no answer from $url"
  tr -d '\r' <"$work/headers" | sed '/^$/d; s/^/< /'
  if [ -s "$work/body" ]; then
    awk '{ sub(/\r$/, ""); print "  " $0 }' "$work/body"
  fi
  [ "$status" = "$wanted" ] || fail "$method got $status, not $wanted"
}

# header NAME: its value in the last answer
header() {
  value=$(tr -d '\r' <"$work/headers" | awk -F ': ' -v name="$1" 'tolower($1) == name { print $2 }')
  [ -n "$value" ] || fail "the answer has no $1 header"
  printf '%s' "$value"
}

step "Publish: the offer goes up, the answer comes back, and Location is the URL of the session"
exchange 201 POST "$gateway/whip/$stream" -H 'Content-Type: application/sdp' --data-binary "@$offer"
session=$(header location)
etag=$(header etag)

step "Trickle ICE: a candidate that was found after the offer"
cat >"$work/candidate" <<FRAGMENT
a=ice-ufrag:exam
a=ice-pwd:examplePasswordOf22chr
m=audio 9 UDP/TLS/RTP/SAVPF 0
a=mid:0
a=candidate:1 1 udp 2130706431 203.0.113.1 50000 typ host
a=end-of-candidates
FRAGMENT
exchange 204 PATCH "$session" -H 'Content-Type: application/trickle-ice-sdpfrag' -H "If-Match: $etag" --data-binary "@$work/candidate"

step "ICE restart: new credentials; the answer has the gateway's new ones and a new ETag"
sed 's/exam$/next/; s/examplePassword/anotherPassword/' "$work/candidate" >"$work/restart"
exchange 200 PATCH "$session" -H 'Content-Type: application/trickle-ice-sdpfrag' -H 'If-Match: *' --data-binary "@$work/restart"
new_etag=$(header etag)
[ "$new_etag" != "$etag" ] || fail 'the ETag did not change'

step "A fragment for the ICE session before the restart is refused"
exchange 412 PATCH "$session" -H 'Content-Type: application/trickle-ice-sdpfrag' -H "If-Match: $etag" --data-binary "@$work/candidate"

step "Watch: there is a publisher, but no media has come from it yet, so the gateway says when to ask again"
sed 's/^a=sendonly/a=recvonly/' "$offer" >"$work/watch.sdp"
exchange 409 POST "$gateway/whep/$stream" -H 'Content-Type: application/sdp' --data-binary "@$work/watch.sdp"
retry_after=$(header retry-after)
echo "  (so: again in $retry_after s)"

step "End the session; afterwards nothing is at its URL"
exchange 200 DELETE "$session"
exchange 404 DELETE "$session"
session=

printf '\nAll answers were as expected.\n'
