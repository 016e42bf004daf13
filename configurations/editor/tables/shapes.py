"""What the rows of a list show where a configuration has no model for one: parts of mappings."""

from __future__ import annotations

from domain.configuration.types import Anything, Flag, Model, Text


class Environment(Model):
    """What differs in one environment, but for what its group overrides show."""

    name: Text = ""
    overlay: Anything = {}


class Override(Model):
    """What differs in a group in one environment; `key` is the place of that environment."""

    environment: int = 0
    patch: Anything = {}


class Rank(Model):
    """An entry of the order of preference: a group, perhaps on one market only."""

    group: Text = ""
    market: Text = ""
    tied: Flag = False
    """Whether it has the same rank as the entry before it."""
