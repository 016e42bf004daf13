"""Where a server's Unix socket lives: a directory short enough for the kernel, closed to others."""

import hashlib
import os
import tempfile
from pathlib import Path

from mobula.stack.accounts import SystemAccount, give

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero byte.
LONGEST_PATH = 103


def socket_directory(directory: Path, *, name: str, account: SystemAccount) -> Path:
    """Return the 0700 directory for a socket called `name`: below `directory` where that fits.

    A path that is too long moves to the system's temporary directory, under a name that is the
    same at each start.
    """
    near = directory / "socket"
    if len(os.fsencode(near / name)) > LONGEST_PATH:
        digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
        near = Path(tempfile.gettempdir()) / f"mobula-{os.geteuid()}-{digest}"
    give(near, account=account)
    return near
