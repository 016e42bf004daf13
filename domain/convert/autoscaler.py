"""KubeRay's `autoscalerOptions`, whose `upscalingMode` is an upscaling speed in two steps."""

from collections.abc import Iterator

from domain.configuration.spec import ComputeConfig
from domain.convert.result import Loss, Plain

# What Ray's autoscaler makes of `Conservative`; `Default` and `Aggressive` do not limit
# [ray/autoscaler/_private/kuberay/autoscaling_config.py].
CONSERVATIVE, CONSERVATIVE_SPEED = "Conservative", 1


def autoscaler_options(config: ComputeConfig) -> Plain:
    """Return the options under their key; nothing without autoscaling."""
    if not config.mobula.autoscaling:
        return {}
    options: Plain = {"version": "v2", "idleTimeoutSeconds": config.worker_idle_seconds}
    if config.mobula.upscaling_speed is not None:
        options["upscalingMode"] = CONSERVATIVE
    return {"autoscalerOptions": options}


def losses_of_mode(config: ComputeConfig) -> Iterator[Loss]:
    """Yield what the mode does not say of the speed."""
    speed, path = config.mobula.upscaling_speed, "mobula.upscaling_speed"
    if speed is None:
        return
    if not config.mobula.autoscaling:
        yield Loss(path=path, why="Without autoscaling, no node is launched for pending work.")
    elif speed != CONSERVATIVE_SPEED:
        why = f"The upscaling mode {CONSERVATIVE} has a speed of {CONSERVATIVE_SPEED}."
        yield Loss(path=path, why=why)
