"""As whom Mobula signs in to a registry: a name and a password, fixed or lent for some hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Login(Protocol):
    """Gives what to sign in with."""

    def password(self) -> str:
        """Return "USER:PASSWORD", "" for nobody; raises `ProviderError` and its subclasses."""
        ...


@dataclass(frozen=True, slots=True)
class Password:
    """The same at all times: "USER:PASSWORD", or "" for nobody."""

    text: str = field(default="", repr=False)

    def password(self) -> str:
        return self.text
