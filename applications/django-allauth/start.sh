#!/bin/sh
# At 127.0.0.1:PORT until it is stopped: start.sh PORT STATE_DIR
. "$(dirname "$0")/../_django/start.sh"
