# The agent has a container of its own: what runs on Ray cannot read its token.
agent() {
    local try code
    mkdir -p "$STATE/agent"
    for ((try = 1; try < 10; try++)); do
        code=$(ask agent node-key "$STATE/agent/head_agent.pyz")
        [[ $code != 200 ]] || break
        sleep "$try"
    done
    [[ $code == 200 ]] || {
        say "Mobula did not hand out the head agent ($code)."
        return 1
    }
    field agent | python3 -c 'import json, sys
url, address, gcs, dashboard = sys.argv[1:]
ends = {"gcs_address": f"{address}:{gcs}", "dashboard_url": f"http://127.0.0.1:{dashboard}"}
json.dump({**json.load(sys.stdin), "url": url, **ends}, sys.stdout)' \
        "$URL" "$ADDRESS" "$GCS_PORT" "$DASHBOARD_PORT" >"$STATE/agent/agent.json"
    docker run --detach --name mobula-agent --restart on-failure --network host --user 0 \
        --log-opt max-size=10m --log-opt max-file=2 \
        --volume "$STATE/agent:/opt/mobula:ro" --volume "$LOCAL/ray:/tmp/ray:ro" \
        --entrypoint python "$IMAGE" /opt/mobula/head_agent.pyz /opt/mobula/agent.json >/dev/null
}
