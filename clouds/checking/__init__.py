"""Rounds of checks: what a cloud is asked before a launch, and its answers."""

from clouds.checking.rounds import (
    begin,
    carry_out,
    fresh,
    give_up,
    keep,
    why_no_checks,
)

__all__ = ["begin", "carry_out", "fresh", "give_up", "keep", "why_no_checks"]
