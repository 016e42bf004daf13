"""Ray's programs where a cluster's account can run them.

Root's Python is often below /root, which nobody else can enter. We never open a directory that we
did not make: what the account cannot reach is linked, file by file, into a directory of our own.
Hard links take no room; on another disk the files are copied.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from functools import cache
from pathlib import Path

from providers.base import InvalidRequest
from providers.local.accounts import STATE, ClusterAccount, locked
from providers.local.installation import python_of

# Exits with 0 when the interpreter runs and the files that are named can be read.
CHECK = "import os, sys; sys.exit(not all(os.access(p, os.R_OK) for p in sys.argv[1:]))"
# What of an environment is no Python and yet needed: the pages and settings of JupyterLab.
SHARED = ("etc/jupyter", "share/jupyter")
# No running program needs these parts of a Python installation.
LEFT_OUT = {"test", "tests", "idlelib", "turtledemo", "share", "doc"}


@cache
def runnable(ray: Path, account: ClusterAccount) -> Path:
    """Return the `ray` program if the account can run it, or else one that it can."""
    if _runs(ray, account):
        return ray
    linked = _linked(ray, account)
    if not _runs(linked, account):
        raise InvalidRequest(
            f"Local clusters do not run as root, and their account (user ID {account.uid}) cannot "
            f"run {ray}. Install Ray below a directory that all users can enter, such as /opt, or "
            "run Mobula as an ordinary user."
        )
    return linked


def libraries_of(ray: Path) -> Path | None:
    """Return where the linked interpreter finds its shared library; None: where it was built."""
    path = ray.parent.parent / "base" / "lib"
    return path if path.is_relative_to(STATE) and path.exists() else None


def _runs(ray: Path, account: ClusterAccount) -> bool:
    python = python_of(ray)
    if not python.exists():
        return account.can_read(ray)
    libraries = libraries_of(ray)
    env = [f"LD_LIBRARY_PATH={libraries}"] if libraries else []
    package = [str(path) for path in _packages(ray).glob("ray/__init__.py")]
    return account.can_run(*env, str(python), "-I", "-S", "-c", CHECK, str(ray), *package)


def _linked(ray: Path, account: ClusterAccount) -> Path:
    """Return `ray` in a directory that links its environment and that environment's Python."""
    python = python_of(ray).resolve()
    if not python.exists():
        return ray
    target = STATE / f"python-{_digest(ray, python)}"
    with locked():
        if not target.exists():
            draft = STATE / f".draft-{os.getpid()}"
            shutil.rmtree(draft, ignore_errors=True)
            _link_environment(ray, python, draft, target, account)
            draft.rename(target)
    return target / "bin" / ray.name


def _digest(ray: Path, python: Path) -> str:
    """Return a name that changes with what is installed."""
    parts = [str(ray), str(python), *SHARED]
    parts += [str(path.stat().st_mtime_ns) for path in (ray, python, _packages(ray))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _packages(ray: Path) -> Path:
    """Return the directory of the packages beside `ray`, or that of `ray` where there is none."""
    return next(ray.parent.parent.glob("lib/python3*/site-packages"), ray.parent)


def _link_environment(
    ray: Path, python: Path, draft: Path, target: Path, account: ClusterAccount
) -> None:
    base, packages = python.parent.parent, _packages(ray)
    version = packages.parent.name if packages != ray.parent else ""
    is_virtual = (ray.parent.parent / "pyvenv.cfg").exists()
    _link_tree(
        base, draft / "base", left_out=LEFT_OUT | ({"site-packages"} if is_virtual else set())
    )
    (draft / "bin").mkdir(mode=0o755)
    for path in ray.parent.iterdir():
        if path.is_file():
            _put_program(path, draft / "bin" / path.name, base=base, target=target)
    if is_virtual:
        (draft / "pyvenv.cfg").write_text(f"home = {target / 'base' / 'bin'}\n")
        _readable(draft / "pyvenv.cfg")
    for shared in SHARED if is_virtual else ():
        if (ray.parent.parent / shared).is_dir():
            _link_tree(ray.parent.parent / shared, draft / shared, left_out=set())
            (draft / shared).parent.chmod(0o755)
    if is_virtual and version:
        (draft / "lib" / version).mkdir(parents=True)
        linked = draft / "lib" / version / "site-packages"
        if account.can_read(packages / "ray" / "__init__.py"):
            linked.symlink_to(packages)
        else:
            _link_tree(packages, linked, left_out=set())
    for directory in (draft, draft / "lib", draft / "lib" / version):
        if directory.exists():
            directory.chmod(0o755)


def _put_program(path: Path, to: Path, *, base: Path, target: Path) -> None:
    """Place one program; scripts of this Python are rewritten to call the linked one."""
    resolved = path.resolve()
    if path.is_symlink() and resolved.is_relative_to(base):
        to.symlink_to(Path("..") / "base" / resolved.relative_to(base))
        return
    if not path.name.startswith("python"):
        first, _, rest = path.read_bytes().partition(b"\n")
        interpreter, _, flags = first.removeprefix(b"#!").strip().partition(b" ")
        if first.startswith(b"#!") and b"python" in interpreter:
            line = f"#!{target / 'bin' / 'python'} {flags.decode()}".rstrip()
            to.write_bytes(line.encode() + b"\n" + rest)
            to.chmod(0o755)
            return
    _link(resolved, to)


def _link_tree(source: Path, to: Path, *, left_out: set[str]) -> None:
    for folder, folders, files in os.walk(source):
        folders[:] = [
            name for name in folders if name not in left_out and not name.startswith("config-")
        ]
        here = to / Path(folder).relative_to(source)
        here.mkdir(parents=True)
        here.chmod(0o755)
        for name in [*files, *(name for name in folders if Path(folder, name).is_symlink())]:
            if not name.endswith(".a"):
                _link(Path(folder, name), here / name)


def _link(path: Path, to: Path) -> None:
    """Link one file; where it cannot be linked, or others cannot read it, copy it."""
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        to.symlink_to(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        try:
            if not status.st_mode & stat.S_IROTH:
                raise PermissionError(path)
            os.link(path, to)
        except OSError:
            shutil.copyfile(path, to)
            _readable(to, program=bool(status.st_mode & stat.S_IXUSR))


def _readable(path: Path, *, program: bool = False) -> None:
    path.chmod(0o755 if program else 0o644)
