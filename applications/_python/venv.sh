# Sourced by `start.sh` of the applications that come from PyPI, behind common.sh.

# A virtual environment in .cache/ with the packages of $here/requirements.txt; its path is $venv.
python_packages() {
    command -v python3 >/dev/null || debian python3 python3-venv
    home=$here/../../.cache/applications/$1
    venv=$home/venv
    cmp -s "$here/requirements.txt" "$home/installed" && return 0
    mkdir -p "$home"
    printf 'applications: getting %s from PyPI, once, into .cache/\n' "$1" >&2
    {
        python3 -m venv "$venv" &&
            "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    } >"$home/install.log" 2>&1 || absent "pip cannot install $1; see $home/install.log"
    cp "$here/requirements.txt" "$home/installed"
}
