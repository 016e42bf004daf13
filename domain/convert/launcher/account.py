"""An account of a mapping's keys: each is taken by a reader, or named as not carried over."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from domain.convert.result import Loss, Plain
from domain.problems import Loc, path_of

type Reason = Callable[[str], str]


class Account:
    """A mapping that is being read: what is taken out is carried over, what is left is lost."""

    def __init__(self, content: Mapping[str, Any], loc: Loc = (), *, losses: list[Loss]) -> None:
        self.content: Plain = {str(key): value for key, value in content.items()}
        self.loc = loc
        self.losses = losses

    def lose(self, *keys: str | int, why: str) -> None:
        """Name what stands below these keys as not carried over; without a key, all of it."""
        self.losses.append(Loss(path=path_of((*self.loc, *keys)), why=why))

    def take(self, key: str) -> Any:
        """The value of the key, None if it is not there; the reader answers for it."""
        return self.content.pop(key, None)

    def text(self, key: str) -> str:
        """The text of the key, "" if there is none."""
        value = self.take(key)
        if isinstance(value, str | int | float):
            return str(value)
        if value is not None:
            self.lose(key, why="This is not a text.")
        return ""

    def whole(self, key: str) -> int | None:
        """The whole number of the key, None if there is none."""
        value = self.take(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            return int(value)
        if value is not None:
            self.lose(key, why="This is not a whole number.")
        return None

    def seconds(self, key: str, *, unit: int) -> int | None:
        """The time of the key in seconds, None if there is none; it is written in such units."""
        value = self.take(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value) * unit
            if isfinite(seconds) and seconds >= 0:
                return round(seconds)
        if value is not None:
            self.lose(key, why="This is not a number of 0 or more.")
        return None

    def inner(self, key: str) -> "Account":
        """The account of the mapping at the key; an empty one if there is none.

        A reader may have put an account there itself, with a place of its own.
        """
        value = self.take(key)
        if isinstance(value, Account):
            return value
        if value is not None and not isinstance(value, Mapping):
            self.lose(key, why="This is not a mapping.")
        content = value if isinstance(value, Mapping) else {}
        return Account(content, (*self.loc, key), losses=self.losses)

    def close(self, reason: Reason) -> None:
        """Name every key that is left and says something."""
        for key in sorted(self.content):
            if says_something(self.content[key]):
                self.lose(key, why=reason(key))
        self.content.clear()


def says_something(value: object) -> bool:
    """False for what is empty or switched off: nothing is lost with it."""
    if isinstance(value, Mapping):
        return any(says_something(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(says_something(item) for item in value)
    return value is not None and value is not False and value != ""
