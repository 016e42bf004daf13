"""Why a key of a `ray up` file has no counterpart, and what to do instead."""

from collections.abc import Mapping

_IN_THE_IMAGE = "Build these steps into the container image."
_STARTS_RAY = "Mobula starts Ray itself."
_BY_SSH = "Mobula does not connect to nodes over SSH."
_OLDER = "Current versions of Ray do not use this."
_OURS = "Set by Mobula and the image."

_TOP: Mapping[str, str] = {
    "initialization_commands": _IN_THE_IMAGE,
    "setup_commands": _IN_THE_IMAGE,
    "head_setup_commands": _IN_THE_IMAGE,
    "worker_setup_commands": _IN_THE_IMAGE,
    "head_start_ray_commands": _STARTS_RAY,
    "worker_start_ray_commands": _STARTS_RAY,
    "auth": _BY_SSH,
    "file_mounts": "Mobula copies no files to nodes: use a mount, or the image.",
    "cluster_synced_files": "Mobula copies no files between nodes: use a mount, or the image.",
    "rsync_exclude": "Mobula copies no files to nodes.",
    "rsync_filter": "Mobula copies no files to nodes.",
    "upscaling_speed": "The upscaling speed must be a number of 0 or more.",
    "min_workers": "Ray ignores this next to `available_node_types`.",
    "initial_workers": _OLDER,
    "autoscaling_mode": _OLDER,
    "target_utilization_fraction": _OLDER,
    "worker_default_node_type": _OLDER,
    "head_image": "All nodes of a cluster have the same image.",
    "worker_image": "All nodes of a cluster have the same image.",
    "run_options": "Mobula starts the container with its own options.",
    "head_run_options": "Mobula starts the container with its own options.",
    "worker_run_options": "Mobula starts the container with its own options.",
}
_PLACE: Mapping[str, str] = {
    "cache_stopped_nodes": "Mobula terminates nodes; it does not keep stopped ones.",
    "security_group": "Set the security groups in Mobula's cloud, or in the nodes' blocks.",
    "cloudwatch": "Mobula has its own metrics and logs.",
    "use_internal_ips": "Set by the cloud's network.",
}
_NODE: Mapping[str, str] = {
    "priority": "Mobula chooses by price; an order of groups is an instance ranking.",
    "docker": "All nodes of a cluster have the same image.",
    "initialization_commands": _IN_THE_IMAGE,
    "worker_setup_commands": _IN_THE_IMAGE,
}


def why_of_top(key: str) -> str:
    """Why a key of the whole file, or of its `docker`, is not carried over."""
    return _TOP.get(key, _OURS)


def why_of_place(key: str) -> str:
    """Why a key of `provider` is not carried over."""
    return _PLACE.get(key, "Set by the cloud's region.")


def why_of_node(key: str) -> str:
    """Why a key of a node type is not carried over."""
    return _NODE.get(key, _OURS)
