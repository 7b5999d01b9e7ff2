# Sourced by `install` of each Python framework: a virtual environment of its own with these packages, versions and all.

venv() {
    wanted="$*"
    if [ -f "$CACHE/installed" ] && [ "$(cat "$CACHE/installed")" = "$wanted" ]; then
        return
    fi
    python3 -c 'import ensurepip, venv' 2>/dev/null || {
        echo 'needs python3 with venv; apt-get install python3 python3-venv' >&2
        exit 3
    }
    rm -rf "$CACHE/venv" "$CACHE/installed"
    python3 -m venv "$CACHE/venv"
    "$CACHE/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$@" >"$CACHE/pip.log" 2>&1 || {
        echo "pip cannot install $wanted; see $CACHE/pip.log" >&2
        exit 3
    }
    printf '%s' "$wanted" >"$CACHE/installed"
}
