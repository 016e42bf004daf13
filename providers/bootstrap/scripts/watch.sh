#!/bin/bash
# Looks after a node as long as it lives: tells Mobula of a spot interruption, and ends the
# machine when its lifetime is over or when nobody needs it any more. Runs from the first moment.
# shellcheck source=common
. "${MOBULA_ROOT:-}/opt/mobula/common"
HEARTBEAT=300
SOON=15
IDLE_FOR=600
AT_REST='ray::(IDLE|DashboardAgent|RuntimeEnvAgent|SPILL_|RESTORE_|DELETE_)'

# born, heard, idle: seconds since 1970, in files, so that a restart or reboot changes nothing.
since() {
    [[ -s $STATE/$1 ]] || date +%s >"$STATE/$1"
    cat "$STATE/$1"
}

# Work on this machine; and a head has work as long as another machine is connected to it.
ray_is_busy() {
    timeout 20 docker top mobula-ray -eo pid,args 2>/dev/null | grep -F 'ray::' | grep -vE "$AT_REST" ||
        [[ $ROLE == head && -n $(visitors) ]]
} >/dev/null

visitors() {
    ss -Htn state established "( sport = :$GCS_PORT or sport = :$CLIENT_PORT )" |
        awk -v own="$(cat "$STATE/address")" '{sub(/:[0-9]+$/, "", $4); gsub(/[][]|::ffff:/, "", $4)}
            $4 != own && $4 !~ /^127\./ {print $4}'
}

interruption() {
    local at code
    [[ $SPOT && ! -f $STATE/interrupted ]] || return 0
    at=$(interruption_time) || return 0
    [[ -n $at ]] || return 0
    code=$(post interruption node-key <<<"$(json at "$at")")
    say "Interruption at $at, Mobula answered $code"
    [[ $code != 200 ]] || touch "$STATE/interrupted"
}

# Ray is not meant to end before its machine does.
ray_ended() {
    [[ -f $STATE/ray-started && ! -f $STATE/ray-ended ]] || return 0
    ! ray_runs || return 0
    touch "$STATE/ray-ended"
    json phase ray state failed at "$(date +%s)" log "$(ray_log)" >>"$STATE/phases"
}

heartbeat() {
    local pause=$HEARTBEAT
    [[ $(cat "$STATE/phases") == "$(cat "$STATE/phases.known" 2>/dev/null)" ]] || pause=$SOON
    ((NOW - BEAT >= pause)) || return 0
    BEAT=$NOW
    [[ $(report) != 410 ]] || end_machine "Mobula no longer needs it."
}

switches() {
    if ((NOW - $(since born) >= LIFETIME)); then
        end_machine "Its maximum lifetime has passed."
    elif ray_is_busy; then
        echo "$NOW" >"$STATE/idle"
    elif ((NOW - $(since heard) >= SILENCE && NOW - $(since idle) >= IDLE_FOR)); then
        end_machine "Ray is idle and Mobula has not answered for $((SILENCE / 60)) minutes."
    fi
}

main() {
    touch "$STATE/phases"
    BEAT=$(date +%s)
    while :; do
        NOW=$(date +%s)
        interruption
        ray_ended
        heartbeat
        switches
        sleep 5
    done
}
