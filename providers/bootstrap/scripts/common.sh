#!/bin/bash
# What all programs of a node share. MOBULA_ROOT is "" on a machine and a directory in tests.
set -euo pipefail
ROOT=${MOBULA_ROOT:-}
ETC=$ROOT/etc/mobula
STATE=$ROOT/var/lib/mobula
LOG=$ROOT/var/log/mobula-boot.log
mkdir -p "${LOG%/*}"
mkdir -p "$STATE"
chmod 700 "$STATE"
# shellcheck source=/dev/null
. "$ETC/node.env"

say() {
    echo "$(date -u +%T) $*" >>"$LOG"
}

# json KEY VALUE...: one object on a line; all values are texts.
json() {
    python3 -c 'import json, sys
print(json.dumps(dict(zip(sys.argv[1::2], sys.argv[2::2]))))' "$@"
}

# field NAME: that field of Mobula's answer to the join; nothing for null.
field() {
    python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    value = (value or {}).get(key)
print("" if value is None else value if isinstance(value, str) else json.dumps(value))' \
        "$STATE/joined" "$1"
}

# ask PATH KEY FILE [OPTION...]: the status of Mobula's answer (000: none), its body in FILE.
# Tokens are read from files: arguments are seen by every process of the machine.
ask() {
    local path=$1 key=$2 file=$3
    shift 3
    curl -sS --connect-timeout 5 --max-time 20 -H "@$STATE/$key" -o "$file" -w '%{http_code}' \
        "$@" "$URL/agent/v1/nodes/$path" 2>>"$LOG" || true
}

# post PATH KEY: sends what it reads; prints the status.
post() {
    ask "$1" "$2" "$STATE/${3:-answer.$$}" -H 'Content-Type: application/json' --data-binary @-
}

# report: everything known so far, so that nothing is lost with a report that did not arrive.
report() {
    local code sent=$STATE/phases.$$
    [[ -f $STATE/node-key ]] || return 0
    cp "$STATE/phases" "$sent"
    code=$(post report node-key <<<"$(python3 -c 'import json, sys
print(json.dumps({"phases": [json.loads(line) for line in open(sys.argv[1])]}))' "$sent")")
    echo "$code"
    [[ $code == 200 ]] || return 0
    date +%s >"$STATE/heard"
    mv "$sent" "$STATE/phases.known"
}

# phase NAME STATE [SECONDS SINCE 1970] [LOG]: state is began, done or failed.
phase() {
    say "$1: $2"
    json phase "$1" state "$2" at "${3:-$(date +%s)}" log "${4:-}" >>"$STATE/phases"
    report >/dev/null
}

# end_machine REASON: the machine's own end; instances are launched to terminate on shutdown.
end_machine() {
    say "This machine ends: $1"
    shutdown -h now "Mobula: $1"
}
