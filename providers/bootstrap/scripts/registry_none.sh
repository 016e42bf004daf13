registry() {
    :
}
