# A Docker that does not answer says nothing about Ray.
ray_runs() {
    local running
    running=$(timeout 20 docker inspect --format '{{.State.Running}}' mobula-ray 2>/dev/null) || {
        (($? == 124))
        return
    }
    [[ $running == true ]]
}

ray_log() {
    timeout 20 docker logs --tail 20 mobula-ray 2>&1 | tee -a "$LOG"
}
