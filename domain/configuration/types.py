"""The kinds of values that the models of a configuration are made of."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError

from domain.quantities import LARGEST, parse_bytes, part_of


def empty_if_null(value: object) -> object:
    """The value, and a mapping for a key that was written down without one."""
    return {} if value is None else value


def _bytes(value: object) -> object:
    return parse_bytes(value) if isinstance(value, str) else value


def _never_if_zero(value: object) -> object:
    return None if value == 0 and type(value) is int else value


def off_if_false(value: object) -> object:
    """The value, and the word `off` for what some readers made of it."""
    # YAML 1.1, which many tools still write, reads `off` as false.
    return "off" if value is False else value


def _nodes_or_percent(value: object) -> int | str:
    """A number of nodes, or a part of them such as "10%"; anything else is refused."""
    if type(value) is int and 0 <= value <= LARGEST:
        return value
    if isinstance(value, str) and part_of(value, 100) is not None:
        return value
    raise PydanticCustomError("nodes_or_percent", "neither a number of nodes nor a percentage")


Text = Annotated[str, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Amount = Annotated[float, Field(strict=True, ge=0, le=LARGEST, allow_inf_nan=False)]
Bytes = Annotated[Count, BeforeValidator(_bytes)]
Minutes = Annotated[Count | None, BeforeValidator(_never_if_zero)]
Amounts = Annotated[dict[Text, Amount], BeforeValidator(empty_if_null)]
Words = Annotated[dict[Text, Text], BeforeValidator(empty_if_null)]
Anything = Annotated[dict[Text, Any], BeforeValidator(empty_if_null)]
NodesOrPercent = Annotated[int | str, PlainValidator(_nodes_or_percent)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]


class Model(BaseModel):
    """A part of a configuration: unknown keys are refused, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
