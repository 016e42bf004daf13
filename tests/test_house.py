"""Files are short enough to be read at once, and folders small enough to be known."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 300
MOST_MODULES = 16
NOT_OURS = {"node_modules", "static", "var"}
# A question of a newcomer, the module that answers it, and a name that the module defines.
GUESSES = [
    ("What does the Stop button call?", "clusters/views/operations.py", "stop"),
    ("What does Stop do?", "clusters/services/operating.py", "stop_cluster"),
    (
        "Where are the tests of Stop?",
        "tests/clusters/services/test_operating.py",
        "test_stopped_cluster_can_be_terminated",
    ),
    ("What is the price of a new node?", "clusters/nodes/machine.py", "_hourly_microusd"),
    ("What is the Ray token of a cluster?", "clusters/nodes/tokens.py", "ray_token"),
    (
        "Why does a head that cannot start go to the next cloud resource?",
        "clusters/reconcile/cloud_resources.py",
        "switch",
    ),
    ("How is a KubeRay manifest imported?", "domain/convert/kuberay/reading.py", "read_text"),
    ("What does a report of an agent change?", "clusters/agent/sync.py", "apply_report"),
    ("What does the Machines page show?", "configurations/views/machines.py", "machines"),
    ("Where is plan()?", "domain/planner/plan.py", "plan"),
    ("What does an error code of AWS mean?", "providers/aws/errors.py", "_answered"),
    ("Where is the field max nodes of the editor?", "configurations/editor/fields.py", "max_nodes"),
    ("How long is a cooldown?", "domain/cooldowns.py", "after_failure"),
    ("Who starts a cooldown?", "clusters/scaling/cooldowns.py", "note_failure"),
]


def modules() -> Iterator[str]:
    """Yield every Python file of the repository but migrations, which Django writes."""
    yield from (path.name for path in ROOT.glob("*.py"))
    for folder in ROOT.iterdir():
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in NOT_OURS:
            for path in folder.rglob("*.py"):
                if path.parent.name != "migrations":
                    yield path.relative_to(ROOT).as_posix()


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {name: len((ROOT / name).read_text().splitlines()) for name in modules()}
    long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES}
    assert long == {}, f"Split by subject what has more than {MOST_LINES} lines."


def test_no_folder_has_more_modules_than_can_be_known() -> None:
    counts = Counter(str(Path(name).parent) for name in modules())
    full = {folder: count for folder, count in sorted(counts.items()) if count > MOST_MODULES}
    assert full == {}, f"Split by subject what has more than {MOST_MODULES} modules."


def names_in(text: str) -> set[str]:
    """Return what a module defines, imports, or names by a string, such as the key of a field."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


@pytest.mark.parametrize(("question", "path", "name"), GUESSES)
def test_a_newcomer_guesses_the_path(question: str, path: str, name: str) -> None:
    assert (ROOT / path).is_file(), question
    assert name in names_in((ROOT / path).read_text()), question
