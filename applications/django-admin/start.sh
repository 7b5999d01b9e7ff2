#!/bin/sh
# start.sh PORT STATE_DIR
. "$(dirname "$0")/../_django/start.sh"
