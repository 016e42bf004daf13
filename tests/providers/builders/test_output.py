"""What a build elsewhere prints, however much of it there is."""

from __future__ import annotations

import tracemalloc

from providers.builders.remote.output import Output

_LINES = 200_000


def test_hostile_output_without_end_fills_no_memory() -> None:
    """Each line looks like another step, another package, or a very long one."""
    output = Output()
    tracemalloc.start()
    for number in range(_LINES):
        output.line(f"#1 [stage-{number} 1/2] RUN x", mark="##ab")
        output.line(f"##ab pip package-{number} 1.0", mark="##ab")
        output.line("x" * 200, mark="##ab")
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 20 * 2**20
    assert len(output.contents().packages) <= 20_000
