# Mobula gives a login that is good for this image and some minutes.
registry() {
    local code
    mkdir -p "$DOCKER_CONFIG"
    code=$(ask registry node-key "$DOCKER_CONFIG/config.json")
    [[ $code == 200 ]] || {
        say "Mobula gave no login to the registry ($code): $(cat "$DOCKER_CONFIG/config.json")"
        return 1
    }
}
