#!/bin/sh
# Make .venv and install what requirements/$1.txt locks; nothing to do when that is unchanged.
set -eu
cd "$(dirname "$0")/.."
list=$1
stamp=.venv/installed-$list
python=.venv/bin/python

if ! "$python" -c 'import sys; sys.exit(not sys.version_info >= (3, 12))' 2>/dev/null; then
    base=$(tools/python.sh)
    echo "Making the Python environment .venv with $base …"
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

pip="$python -m pip --disable-pip-version-check --quiet"
echo "Installing the installers …"
$pip install --require-hashes --requirement requirements/tools.txt
echo "Installing Mobula and what it needs (requirements/$list.txt) …"
quiet=--quiet
[ -t 2 ] && quiet= # in a terminal uv shows its progress
# pip knows mirrors that are configured for it alone, so it gets a try where uv does not get through.
# shellcheck disable=SC2086 # no quiet means no argument
.venv/bin/uv pip install $quiet --python "$python" --require-hashes \
    --requirement "requirements/$list.txt" ||
    $pip install --require-hashes --requirement "requirements/$list.txt"
$pip install --no-deps --no-build-isolation --editable .
echo "$now" >"$stamp"
