"""Values of settings, each refused by its path when it is of the wrong kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from providers.base import InvalidRequest, WrongSetting

_ID = "{prefix}-[0-9a-f]{{8,17}}"


class Reader:
    """Values of a mapping, each refused by its path when it is of the wrong kind."""

    def __init__(self, values: Mapping[str, Any], *, of: str, path: str = "") -> None:
        self.values, self._of, self._path = values, of, path

    def _wrong(self, key: str, value: object, what: str, example: str) -> InvalidRequest:
        if self._of == "credential":  # whatever it is, nobody else may read it
            return InvalidRequest(f"The cloud's credential '{self.path(key)}' {what}.")
        return wrong(self.path(key), value, what, example)

    def known(self, keys: Sequence[str]) -> None:
        """Refuse keys other than these."""
        for key in self.values:
            if key not in keys:
                raise WrongSetting(
                    self.path(key),
                    f"Unknown {self._of} '{self._path}{key}' of the cloud. Known are: "
                    f"{', '.join(keys)}.",
                )

    def path(self, key: str) -> str:
        """Return where a key stands in the whole."""
        return f"{self._path}{key}"

    def text(self, key: str) -> str:
        """Return a text without the spaces around it; "" where there is none."""
        value = self.values.get(key) or ""
        if not isinstance(value, str):
            raise self._wrong(key, value, "must be text", "")
        return value.strip()

    def switch(self, key: str) -> bool | None:
        """Return true or false; None where nothing is set."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, value, "must be true or false", "")
        return value

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        """Return a whole number within its limits; None where nothing is set."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(key, value, f"must be a whole number of {least} to {most}", "")
        return value

    def id(self, key: str, *, prefix: str = "") -> str:
        """Return an ID of AWS; "" where there is none. Its prefix is the key's, unless told."""
        value, prefix = self.text(key), prefix or key
        if value and not re.fullmatch(_ID.format(prefix=prefix), value):
            raise self._wrong(key, value, "is not an ID of AWS", f"{prefix}-0123456789abcdef0")
        return value

    def ids(self, key: str, *, prefix: str) -> tuple[str, ...]:
        """Return a list of IDs."""
        values = self._list(key)
        inner = Reader(
            {str(index): value for index, value in enumerate(values)}, of=self._of,
            path=f"{self.path(key)}.",
        )  # fmt: skip
        return tuple(inner.id(index, prefix=prefix) for index in inner.values)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = self._list(key)
        for value in values:
            if not isinstance(value, str):
                raise self._wrong(key, value, "must be text", "")
        return tuple(values)

    def inside(self, key: str) -> Reader:
        """Return a reader of a mapping within."""
        value = self.values.get(key) or {}
        if not isinstance(value, Mapping):
            raise self._wrong(key, value, "must be a mapping", "")
        return Reader(value, of=self._of, path=f"{self.path(key)}.")

    def _list(self, key: str) -> Sequence[Any]:
        value = self.values.get(key) or ()
        if not isinstance(value, list | tuple):
            raise self._wrong(key, value, "must be a list", "")
        return value


def wrong(path: str, value: object, what: str, example: str) -> WrongSetting:
    """Return the refusal of a setting, with its value and an example of a right one."""
    hint = f" Write one such as {example}." if example else ""
    return WrongSetting(path, f"The cloud's setting '{path}' {what}: {value!r}.{hint}")
