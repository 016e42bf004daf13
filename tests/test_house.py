"""Files are short enough to be read at once, and folders small enough to be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 300
MOST_MODULES = 16
NOT_OURS = {"node_modules", "static", "var"}


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
