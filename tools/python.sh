#!/bin/sh
# Print the newest suitable Python: $PYTHON, else the usual names, else pyenv's versions.
set -u
LEAST=3.12
suits() {
    "$1" -c 'import sys; sys.exit(not sys.version_info >= (3, 12))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    suits "$PYTHON" && command -v "$PYTHON" && exit 0
    echo "mobula: PYTHON=$PYTHON is not Python $LEAST or newer: set PYTHON to one that is." >&2
    exit 2
fi
for candidate in python3.13 python3.12 python3.14 python3 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
    suits "$candidate" && command -v "$candidate" && exit 0
done
found=$(python3 --version 2>/dev/null || echo "no python3")
echo "mobula: Mobula needs Python $LEAST or newer and this machine has $found:" \
    "install a newer one (python.org, pyenv or your system's packages)" \
    "and, if it is not in PATH, set PYTHON to it." >&2
exit 2
