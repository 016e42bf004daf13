"""How long it takes to check a configuration of fifty groups against 1,400 machine types.

Pure Python in one process. In the same run the bound: pydantic alone, which reads the same values
into the models and checks nothing else.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks import large_config, report
from clouds.facts import target_of_facts
from domain.configuration.spec import ComputeConfig
from domain.offerings import ProviderKind
from domain.validation import validate
from domain.yaml.structure import structure
from domain.yaml.text import parse
from domain.yaml.tree import read

ROUNDS = 50


def main() -> None:
    """Measure, print and write var/bench/validate.json."""
    target = target_of_facts(ProviderKind.AWS, region="us-east-1")
    text = large_config.text(cloud="aws")
    config = parse(text).config
    assert config is not None, parse(text).problems
    plain = config.model_dump()
    bound = _median(lambda: ComputeConfig.model_validate(plain))
    checked = _median(lambda: validate(config, target=target))
    whole = _median(lambda: _check_anew(text, target), rounds=10)
    report.write(
        "validate",
        goal=20,
        value=checked,
        unit="ms to validate 50 groups",
        pydantic_alone_ms=round(bound, 2),
        ratio=round(checked / bound, 2),
        text_and_all_ms=round(whole, 1),
        types=len(target.types or {}),
        machine=report.machine(),
    )


def _check_anew(text: str, target: object) -> None:
    draft = structure(read(text).value).draft
    assert draft is not None
    validate(draft, target=target)  # type: ignore[arg-type]


def _median(run: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Return the median time of a run in milliseconds, after two that warm up."""
    times = []
    for _ in range(rounds + 2):
        began = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[2:])


if __name__ == "__main__":
    main()
