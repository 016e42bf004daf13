"""From the click on Launch to the provider, while another team's clusters report the worst.

Two clusters of one team report the hardest demand that is allowed, another one each half second.
Meanwhile another team launches clusters. Real processes: `mobula up`, with a provider on paper.
"""

from __future__ import annotations

from benchmarks import report
from benchmarks.fairness.load import hostile_load, seconds_to_launch
from tests.e2e.stack import console

ROUNDS = 6


def main() -> None:
    before = report.machine()
    with console() as mobula:
        quiet = seconds_to_launch(mobula, "quiet", rounds=ROUNDS)
        with hostile_load(mobula):
            loaded = seconds_to_launch(mobula, "loaded", rounds=ROUNDS)
    report.write(
        "fairness",
        goal=4.0,
        value=max(loaded),
        unit=f"s from click to provider, the longest of {ROUNDS}, under hostile load",
        ratio_to_quiet=round(max(loaded) / max(quiet), 2),
        seconds={"quiet": report.seconds(quiet), "loaded": report.seconds(loaded)},
        machine={"before": before, "after": report.machine()},
    )


if __name__ == "__main__":
    main()
