"""The Ray that is installed on this machine."""

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from providers.base import InvalidRequest, RayImage

SLOWEST_START_SECONDS = 60


def installed_image() -> RayImage:
    """Return the Ray in Mobula's own environment; raise `InvalidRequest` when there is none."""
    try:
        version = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError as error:
        raise InvalidRequest("Ray is not installed here. Run: make up.") from error
    return RayImage(
        location=str(ray_program("")),
        ray_version=version,
        python_version=platform.python_version(),
    )


def ray_program(location: str) -> Path:
    """Return the path of the `ray` program; an empty `location` means Mobula's own environment."""
    beside = Path(sys.executable).parent / "ray"
    program = shutil.which(location or (beside if beside.exists() else "ray"))
    if program is None:
        raise InvalidRequest(f"No ray executable at {location or beside}.")
    return Path(program).absolute()


def python_of(ray: Path) -> Path:
    """Return the Python of the environment that `ray` is installed in."""
    return ray.parent / "python"


def ray_version(ray: Path) -> str:
    """Return what `ray --version` prints; raise `InvalidRequest` when it does not run."""
    try:
        ran = subprocess.run(
            [ray, "--version"],
            capture_output=True,
            text=True,
            timeout=SLOWEST_START_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise InvalidRequest(f"{ray} does not run: {error}.") from error
    return ran.stdout.strip().removeprefix("ray, version ")
