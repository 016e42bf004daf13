"""Writes the ledger: what nodes cost by hour, and all that is added up from these hours."""

from metering.posting.rounds import post

__all__ = ["post"]
