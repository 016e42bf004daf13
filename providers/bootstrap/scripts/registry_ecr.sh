# The machine's own role may pull; the helper asks AWS for a login with it.
registry() {
    command -v docker-credential-ecr-login >/dev/null || packages amazon-ecr-credential-helper
    mkdir -p "$DOCKER_CONFIG"
    echo "{\"credHelpers\": {\"${IMAGE%%/*}\": \"ecr-login\"}}" >"$DOCKER_CONFIG/config.json"
}
