gpu() {
    GPU_OPTIONS=()
}
