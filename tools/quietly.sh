# Sourced: runs a step with its output in a log; the terminal sees that output only when the step fails.
# Usage: quietly LOG COMMAND [ARGUMENT...]
quietly() {
    log=$1
    shift
    "$@" >>"$log" 2>&1 && return
    code=$?
    {
        echo "mobula: this step failed. The end of its output:"
        tail -n 20 "$log" | sed 's/^/    /'
        echo "All of it: $(cd "$(dirname "$log")" && pwd)/$(basename "$log")"
    } >&2
    exit "$code"
}
