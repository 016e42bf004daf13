#!/bin/sh
# Make .venv and install what requirements/$1.txt locks; nothing to do when that is unchanged.
set -eu
cd "$(dirname "$0")/.."
. tools/quietly.sh
list=$1
stamp=.venv/installed-$list
log=.venv/install.log
python=.venv/bin/python

if ! "$python" -c 'import sys; sys.exit(not sys.version_info >= (3, 12))' 2>/dev/null; then
    base=$(tools/python.sh)
    echo "Creating the Python environment…"
    rm -rf .venv
    if ! "$base" -m venv .venv; then
        rm -rf .venv
        echo "mobula: $base cannot make environments: install its venv module" \
            "(Debian, Ubuntu: apt-get install python3-venv)." >&2
        exit 2
    fi
fi

now=$(cat "requirements/$list.txt" requirements/tools.txt pyproject.toml | "$python" -c '
import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest(), sys.prefix)')
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -x .venv/bin/mobula ] && exit 0

pip() {
    "$python" -m pip --disable-pip-version-check --no-input --quiet "$@"
}
# pip knows mirrors that are configured for it alone, so it gets a try where uv does not get through.
# Compiled now: the accounts of clusters may not write into .venv, so that each process of each node
# would compile all of Ray again, which takes three times as long as it takes to start.
install_locked() {
    .venv/bin/uv pip install --python "$python" --compile-bytecode --require-hashes \
        --requirement "requirements/$list.txt" ||
        pip install --require-hashes --requirement "requirements/$list.txt"
}
echo "Installing packages (this can take a few minutes)…"
: >"$log"
quietly "$log" pip install --require-hashes --requirement requirements/tools.txt
quietly "$log" install_locked
quietly "$log" pip install --no-deps --no-build-isolation --editable .
echo "$now" >"$stamp"
