#!/bin/sh
# Resolve the versions of pyproject.toml into requirements/*.txt, with hashes and no addresses.
# Each later list is kept in step with the earlier ones: one environment can hold them all.
set -eu
cd "$(dirname "$0")/.."
compile() {
    target=requirements/$1.txt
    shift
    echo "Locking $target …"
    .venv/bin/uv pip compile --quiet pyproject.toml --output-file "$target" \
        --universal --python-version 3.12 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header "$@"
}
upgrade=${UPGRADE:+--upgrade}
# shellcheck disable=SC2086 # no upgrade means no argument
{
    compile dev --extra local --extra workspaces --extra lint --group dev $upgrade
    compile local --extra local --extra workspaces --constraints requirements/dev.txt $upgrade
    compile base --constraints requirements/dev.txt $upgrade
    compile lint --extra lint --constraints requirements/dev.txt $upgrade
}
for group in tools node; do
    echo "Locking requirements/$group.txt …"
    # shellcheck disable=SC2086
    .venv/bin/uv pip compile --quiet --group "pyproject.toml:$group" \
        --output-file "requirements/$group.txt" --universal --python-version 3.12 \
        --generate-hashes --no-emit-index-url --no-annotate --no-header $upgrade
done
