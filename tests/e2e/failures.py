"""What goes wrong on purpose on the local machines of an installation."""

import json

from tests.e2e.stack import Console


def plan_failures(console: Console, **failures: object) -> None:
    """Let this, and nothing else, go wrong from now on."""
    directory = console.home.path / "local"
    directory.mkdir(exist_ok=True)
    draft = directory / "draft.json"
    draft.write_text(json.dumps(failures))
    draft.replace(directory / "failures.json")
