#!/bin/bash
# Brings one node up: network, place in the cluster, disks, image, Ray. Runs once.
# shellcheck source=common
. "${MOBULA_ROOT:-}/opt/mobula/common"
LOCAL=$ROOT/mnt/local_storage
export DOCKER_CONFIG=$STATE/docker HOME=${HOME:-/root}
exec >>"$LOG" 2>&1
PHASE=boot

# retry TIMES SECONDS COMMAND...: again after so long, then after twice as long.
retry() {
    local times=$1 pause=$2 try
    shift 2
    for ((try = 1; ; try++)); do
        "$@" && return
        ((try < times)) || return 1
        sleep "$pause"
        pause=$((pause * 2))
    done
}

failed() {
    ((BASH_SUBSHELL == 0)) || exit 1
    trap - ERR
    phase "$PHASE" failed "" "$(tail -n 20 "$LOG")"
    # Before it has joined, the machine can tell nobody and is of no use to anybody.
    [[ -f $STATE/node-key ]] || end_machine "It could not join its cluster."
    exit 1
}

packages() {
    if command -v apt-get >/dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        retry 4 5 apt-get -qq -o DPkg::Lock::Timeout=120 update
        retry 4 5 apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"
    else
        retry 4 5 dnf -q -y install "$@"
    fi
}

find_machine() {
    retry 7 2 machine_facts || {
        say "The metadata service does not answer."
        return 1
    }
    say "Machine $INSTANCE, number $INDEX of its batch, at $ADDRESS"
}

# The one-time token is exchanged for a name, and for this machine's own key as its proof of
# identity from then on. The key is made here: the same request may be repeated, by nobody else.
join() {
    local secret code body pause=2
    body=$(json index "$INDEX" address "$ADDRESS" instance "$INSTANCE")
    secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    echo "Authorization: Bearer $JOIN_TOKEN" >"$STATE/join-key"
    while :; do
        code=$(post join join-key joined <<<"${body%\}}, \"secret\": \"$secret\"}")
        case $code in
        200) break ;;
        400 | 401 | 403 | 410)
            say "Mobula answered $code: $(cat "$STATE/joined")"
            end_machine "Mobula refused it."
            exit 1
            ;;
        esac
        say "No answer to the join yet ($code)."
        sleep $((pause + RANDOM % 3))
        pause=$((pause < 30 ? pause * 2 : 30))
    done
    echo "Authorization: Bearer $secret" >"$STATE/node-key"
    sed -i '/^JOIN_TOKEN=/d' "$ETC/node.env"
    rm "$STATE/join-key"
    date +%s >"$STATE/heard"
    echo "$ADDRESS" >"$STATE/address"
    NAME=$(field node)
    HEAD=$(field head)
    field ray_token >"$STATE/ray-token"
    chmod 444 "$STATE/ray-token"
}

container_runtime() {
    if ! command -v docker >/dev/null; then
        if command -v apt-get >/dev/null; then packages docker.io; else packages docker; fi
    fi
    systemctl start docker
    retry 5 1 docker info >/dev/null
}

# Local disks as one, without redundancy: what is on them lives as long as the machine.
local_storage() {
    local -a disks
    local device
    mkdir -p "$LOCAL"
    mapfile -t disks < <(compgen -G "$ROOT${LOCAL_DISKS:-/none}" | grep -v -e '-part[0-9]*$' |
        xargs -r -n 1 readlink -f | sort -u)
    if ((${#disks[@]})); then
        device=${disks[0]}
        if ((${#disks[@]} > 1)); then
            command -v mdadm >/dev/null || packages mdadm
            device=/dev/md0
            mdadm --create "$device" --run --level=0 --raid-devices=${#disks[@]} "${disks[@]}"
        fi
        mkfs.ext4 -q -F -m 0 -E nodiscard "$device"
        mount -o noatime "$device" "$LOCAL"
    fi
    mkdir -p "$LOCAL/ray"
    chmod 1777 "$LOCAL" "$LOCAL/ray"
}

pull() {
    registry && docker pull --quiet "$IMAGE"
}

start_ray() {
    local -a options=(--node-ip-address="$ADDRESS" --node-name="$NAME")
    local shm=$SHM_BYTES try
    [[ $ROLE == head ]] || options+=(--address="$HEAD")
    # As much as Ray takes for objects when nobody says how much, and some more.
    ((shm)) || shm=$(awk '/^MemTotal/ {printf "%d", $2 * 1024 * 0.35}' /proc/meminfo)
    docker run --detach --name mobula-ray --network host --shm-size "$shm" \
        --ulimit nofile=1048576:1048576 --ulimit stack=67108864 --ulimit memlock=-1 \
        --log-opt max-size=50m --log-opt max-file=2 \
        --volume "$LOCAL:/mnt/local_storage" --volume "$LOCAL/ray:/tmp/ray" \
        --volume "$STATE/ray-token:/run/mobula/ray-token:ro" \
        "${RAY_ENV[@]}" --env RAY_CLOUD_INSTANCE_ID="$NAME" "${GPU_OPTIONS[@]}" \
        --entrypoint ray "$IMAGE" "${RAY_START[@]}" "${options[@]}" >/dev/null
    touch "$STATE/ray-started"
    for ((try = 0; try < 90; try++)); do
        ray_runs || {
            ray_log
            return 1
        }
        if docker top mobula-ray -eo pid,args | grep '[r]aylet/raylet' >/dev/null; then return; fi
        sleep 1
    done
    ray_log
    say "Ray did not start within 90 seconds."
    return 1
}

main() {
    set -E
    trap failed ERR
    touch "$STATE/phases"
    json phase boot state began log "" \
        at $(($(date +%s) - $(cut -d. -f1 /proc/uptime))) >>"$STATE/phases"
    find_machine
    join
    container_runtime
    gpu
    phase boot 'done'
    PHASE=disk
    phase disk began
    local_storage
    phase disk 'done'
    PHASE=pull
    phase pull began
    retry 4 5 pull
    rm -rf "$DOCKER_CONFIG"
    phase pull 'done'
    PHASE='join'
    phase join began
    start_ray
    agent
    phase join 'done'
}
