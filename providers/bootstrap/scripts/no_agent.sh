agent() {
    :
}
