"""Every place of a raw block where it is not what the provider's schema takes."""

from collections.abc import Iterator, Mapping

from domain.problems import Loc, Problem, loc_of
from providers.schemas import findings
from providers.schemas.shape import Kind, Schema, SchemaShape


def problems_of(block: Mapping[str, object], path: str, schema: Schema) -> list[Problem]:
    """Return all that is wrong with a block that stands at `path`; never raises."""
    return list(_value(block, loc_of(path), schema.top, schema))


def _value(value: object, loc: Loc, name: str, schema: Schema) -> Iterator[Problem]:
    shape = schema.shapes.get(name)
    if shape is None or shape.kind is Kind.ANY:
        return
    if not fits(value, shape):
        yield findings.wrong_type(loc, shape, value, item=schema.shapes.get(shape.item))
    elif isinstance(value, Mapping):
        yield from _mapping(value, loc, shape, schema)
    elif isinstance(value, list | tuple):
        yield from _list(value, loc, shape, schema)
    else:
        yield from findings.bad_values(loc, shape, value)


def fits(value: object, shape: SchemaShape) -> bool:
    """Return whether a value is of the shape's kind, whatever it holds."""
    match shape.kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.TRUTH:
            return isinstance(value, bool)
        case Kind.LIST:
            return isinstance(value, list | tuple)
        case Kind.RECORD | Kind.MAP:
            return isinstance(value, Mapping)
        case Kind.ANY:
            return True
    if isinstance(value, str):
        return shape.or_text
    numbers = int if shape.kind is Kind.WHOLE else int | float
    return isinstance(value, numbers) and not isinstance(value, bool)


def _mapping(
    value: Mapping[object, object], loc: Loc, shape: SchemaShape, schema: Schema
) -> Iterator[Problem]:
    if shape.kind is Kind.RECORD:
        yield from findings.missing_keys(loc, value, shape.required)
    for key, inner in value.items():
        at = (*loc, str(key))
        if schema.is_patch and (inner is None or str(key).startswith("$")):
            continue
        if shape.kind is Kind.MAP:
            yield from findings.bad_keys(at, shape)
            yield from _value(inner, at, shape.item, schema)
        elif key not in shape.members:
            yield findings.unknown_key(at, value, shape, schema)
        else:
            yield from _value(inner, at, shape.members[str(key)], schema)


def _list(
    value: list[object] | tuple[object, ...], loc: Loc, shape: SchemaShape, schema: Schema
) -> Iterator[Problem]:
    for index, entry in enumerate(value):
        at = (*loc, index)
        if isinstance(entry, Mapping) and not (schema.is_patch and "$patch" in entry):
            yield from findings.missing_keys(at, entry, shape.required)
        yield from _value(entry, at, shape.item, schema)
