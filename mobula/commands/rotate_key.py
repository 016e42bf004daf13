"""`mobula manage rotate_key`: replace the secret key of the embedded stack."""

import argparse
import os
import sys
from collections.abc import Sequence

from mobula.keys import KeyFiles, new_key

ROTATED = """\
The secret key was replaced; the old one is still accepted.
1. Restart `mobula up`: until then its programs use the old key. Sessions, links and clusters stay.
2. Then `mobula manage rotate_key --drop-old` ends the old key.
"""
DROPPED = """\
The old keys are no longer accepted: restart `mobula up` to end them in its programs, too.
Sessions and links that were last signed with an old key end; users sign in again.
"""
OF_THE_ENVIRONMENT = """\
MOBULA_SECRET_KEY is set in the environment, so the key is replaced there:
1. Move its value to the front of MOBULA_SECRET_KEY_FALLBACKS (separated by a comma).
2. Set MOBULA_SECRET_KEY to a new key, for example {key}
3. Run `prepare` and restart web, worker and scheduler.
4. Later, remove the old key from MOBULA_SECRET_KEY_FALLBACKS and restart again.
"""


def run(arguments: Sequence[str]) -> int:
    """Rotate the key, or drop the old ones; 2 when that is not possible now."""
    # Imported here: the offline commands need no database driver.
    from mobula.stack.errors import StackError
    from mobula.stack.home import Home

    parser = argparse.ArgumentParser(
        prog="mobula manage rotate_key",
        description="Replace the secret key. The old one is accepted until --drop-old.",
    )
    parser.add_argument("--drop-old", action="store_true", help="accept the current key only")
    drop = parser.parse_args(arguments).drop_old
    if os.environ.get("MOBULA_SECRET_KEY"):
        print(OF_THE_ENVIRONMENT.format(key=new_key()), end="", file=sys.stderr)
        return 2
    try:
        home = Home.from_environment()
        home.open()
        with home.explained():
            return _drop(KeyFiles(home.path)) if drop else _rotate(KeyFiles(home.path))
    except StackError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2


def _rotate(files: KeyFiles) -> int:
    files.rotate()
    print(ROTATED, end="")
    return 0


def _drop(files: KeyFiles) -> int:
    if not files.fallbacks():
        print("There are no old keys.")
        return 0
    if not files.was_served():
        print(
            "mobula: Mobula has not been started with the new key, and clusters would lose their "
            "tokens: restart `mobula up` and try again.",
            file=sys.stderr,
        )
        return 2
    files.drop_old()
    print(DROPPED, end="")
    return 0
