gpu() {
    nvidia-smi -L || {
        say "This machine image has no working NVIDIA driver. Choose one for GPUs in the cloud's settings."
        return 1
    }
    command -v nvidia-ctk >/dev/null || nvidia_packages
    nvidia-ctk runtime configure --runtime=docker
    systemctl restart docker
    GPU_OPTIONS=(--gpus all)
}

nvidia_packages() {
    local from=https://nvidia.github.io/libnvidia-container
    if command -v apt-get >/dev/null; then
        mkdir -p "$ROOT/etc/apt/keyrings" "$ROOT/etc/apt/sources.list.d"
        retry 4 5 curl -fsSL "$from/gpgkey" -o "$ROOT/etc/apt/keyrings/nvidia.asc"
        echo "deb [signed-by=/etc/apt/keyrings/nvidia.asc] $from/stable/deb/\$(ARCH) /" \
            >"$ROOT/etc/apt/sources.list.d/nvidia.list"
    else
        mkdir -p "$ROOT/etc/yum.repos.d"
        retry 4 5 curl -fsSL "$from/stable/rpm/nvidia-container-toolkit.repo" \
            -o "$ROOT/etc/yum.repos.d/nvidia-container-toolkit.repo"
    fi
    packages nvidia-container-toolkit
}
