"""What a node's log says about why its Ray did not start."""

from pathlib import Path

import pytest

from providers.local.records import waited_in_vain

STARTUP = "This could happen because some of the raylet failed to startup or the GCS is overloaded."


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (f"Exception: The current node timed out during startup. {STARTUP}", True),
        ("TimeoutError: Timed out after 30 seconds while waiting for node to startup. Did", True),
        ("ValueError: Failed to connect to GCS. Please check if the GCS server is running", True),
        ("ModuleNotFoundError: No module named 'ray'", False),
        ("ValueError: Resource quantities must be whole numbers.", False),
        ("", False),
    ],
)
def test_only_a_start_that_waited_in_vain_may_be_repeated(
    tmp_path: Path, log: str, expected: bool
) -> None:
    file = tmp_path / "ray.log"
    file.write_text("Enable usage stats?\n" * 500 + log + "\n")
    assert waited_in_vain(file) is expected


def test_a_node_without_a_log_did_not_wait(tmp_path: Path) -> None:
    assert not waited_in_vain(tmp_path / "ray.log")
