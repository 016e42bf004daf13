"""Where the files of an installed package are, without importing it."""

from importlib.util import find_spec
from pathlib import Path


def folder_of(package: str) -> Path:
    """Return the directory of a top-level package; raises ModuleNotFoundError without one."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {package} is not installed.", name=package)
    return Path(spec.origin).parent


def newest(folder: Path, pattern: str) -> Path:
    """Return the entry whose name, with its numbers taken as numbers, sorts last."""
    return max(folder.glob(pattern), key=lambda path: _numbers(path.name))


def _numbers(name: str) -> list[int]:
    return [int(part) for part in "".join(c if c.isdigit() else " " for c in name).split()]
