#!/bin/sh
# An unlock token: PALISADE_KEY=... sh unlock.sh ACCOUNT SECONDS_VALID
#
# While openssl runs, other users of the machine can see the key in the list of processes.
set -eu
account=$1 valid=$2
key=$(printf %s "$PALISADE_KEY" | tr -d '\r\n')

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# PALISADE_EXPIRY and PALISADE_NONCE are for tests.
expiry=${PALISADE_EXPIRY:-$(($(date +%s) + valid))}
nonce=${PALISADE_NONCE:-$(openssl rand 16 | base64url)}
body="v1.$(printf %s "$account" | base64url).$expiry.$nonce"
mac=$(printf 'palisade.unlock.%s' "$body" | openssl dgst -sha256 -hmac "$key" -binary | base64url)
echo "$body.$mac"
