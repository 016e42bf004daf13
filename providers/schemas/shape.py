"""What a provider takes at one place, whichever language its schema is written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kind of a value, in the words of a message."""

    TEXT = "text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    TRUTH = "true or false"
    LIST = "a list"
    RECORD = "a mapping with known keys"
    MAP = "a mapping"
    ANY = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a text must look, and how a message says it."""

    pattern: re.Pattern[str]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaShape:
    """What is taken at one place; other shapes are named, so that they may refer to each other."""

    kind: Kind
    members: Mapping[str, str] = field(default_factory=dict)  # a record's keys: their shapes
    required: frozenset[str] = frozenset()  # keys that a record, or each entry of a list, needs
    item: str = ""  # the shape of a list's entries, of a map's values; "" for anything
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    or_text: bool = False  # a number that may be written as text
    form: Form | None = None  # of the text, or of a map's keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The shapes that can stand in one provider's block, from `top` on."""

    owner: str  # whose schema it is, as messages say it
    top: str
    shapes: Mapping[str, SchemaShape]
    # The block is a strategic merge patch: null takes a key out, `$…` keys say how to merge.
    is_patch: bool = False
