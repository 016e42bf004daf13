"""The problems of raw blocks in words, with the change that mends each where one is clear."""

from collections.abc import Iterator, Mapping

from domain.problems import (
    Fix,
    Loc,
    Problem,
    Step,
    Verb,
    did_you_mean,
    error,
    nearest,
    path_of,
    shown,
    shown_short,
)
from providers.schemas.shape import Kind, Schema, SchemaShape

_SHOWN_CHOICES = 12
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def unknown_key(
    loc: Loc, around: Mapping[object, object], shape: SchemaShape, schema: Schema
) -> Problem:
    """A key that the provider does not know here; renamed to what was probably meant."""
    key = str(loc[-1])
    free = [name for name in shape.members if name not in around]
    message = f"{schema.owner} has no key {_named(loc)} here."
    if inner := _holder_of(key, shape, schema):
        return _error(loc, "block-unknown-key", message, hint=f"Move it under `{inner}`.")
    value = around.get(key)
    near = nearest(key, free)
    if near and _takes(schema.shapes.get(shape.members[near]), value):
        fix: Fix | None = Fix(f"Rename to {near}", (Step(Verb.RENAME, loc, near),))
    elif isinstance(value, Mapping | list | tuple) and value:
        fix = None  # what was meant by it, a person must say
    else:
        fix = Fix(f"Remove {shown_short(key)}", (Step(Verb.REMOVE, loc),))
    hint = did_you_mean(key, free) or "Remove it."
    return _error(loc, "block-unknown-key", message, hint=hint, fix=fix)


_TAKEN: Mapping[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str, int, float, bool),
    Kind.WHOLE: (int, float, str),
    Kind.NUMBER: (int, float, str),
    Kind.TRUTH: (bool, str),
    Kind.LIST: (list, tuple),
    Kind.RECORD: (Mapping,),
    Kind.MAP: (Mapping,),
    Kind.ANY: (object,),
}


def _takes(shape: SchemaShape | None, value: object) -> bool:
    """True if a value of this kind may stand under the key, as far as the schema tells."""
    return shape is None or value is None or isinstance(value, _TAKEN[shape.kind])


def _holder_of(key: str, shape: SchemaShape, schema: Schema) -> str:
    """The key beside this one whose record knows it, if there is just one."""
    holders = [
        holder
        for holder, name in shape.members.items()
        if name in schema.shapes and key in schema.shapes[name].members
    ]
    return holders[0] if len(holders) == 1 else ""


def missing_keys(
    loc: Loc, value: Mapping[object, object], required: frozenset[str]
) -> Iterator[Problem]:
    """The keys without which the provider does not take a mapping."""
    for key in sorted(required):
        if value.get(key) is None:
            yield missing_key(loc, key)


def missing_key(loc: Loc, key: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
    """A key that is missing in the mapping at a place."""
    name = _named(loc) if isinstance(loc[-1], str) else "This entry"
    message = f"{name} needs the key `{key}`."
    return _error(loc, "block-missing-key", message, hint=hint or "Add it.", fix=fix)


def wrong_type(loc: Loc, shape: SchemaShape, value: object, *, item: SchemaShape | None) -> Problem:
    """A value of another kind than the provider takes; converted where nothing is lost."""
    wanted = _wanted(shape)
    message = f"{_named(loc)} must be {wanted}, not {_kind(value)}."
    if value is None:
        fix: Fix | None = Fix("Remove it", (Step(Verb.REMOVE, loc),))
    else:
        fix = _converting(loc, _converted(value, shape, item))
    return _error(loc, "block-wrong-type", message, fix=fix)


def _converting(loc: Loc, value: object) -> Fix | None:
    if isinstance(value, str):
        return Fix(f'Write "{shown_short(value)}"', (Step(Verb.SET, loc, value),))
    return None if value is None else _set(loc, value)


def _wanted(shape: SchemaShape) -> str:
    if not shape.or_text:
        return Kind.MAP if shape.kind is Kind.RECORD else shape.kind
    return shape.form.words if shape.form else f"{shape.kind} or text"


def _converted(value: object, shape: SchemaShape, item: SchemaShape | None) -> object:
    """The value as the kind that is wanted, if it can only mean that; else None."""
    if shape.kind is Kind.LIST and item is not None and not isinstance(value, list | tuple):
        return _in_a_list(value, item)
    if shape.kind is Kind.TEXT and isinstance(value, int):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if shape.kind is Kind.TRUTH and isinstance(value, str):
        return _TRUTHS.get(value.lower())
    if shape.kind in {Kind.WHOLE, Kind.NUMBER}:
        return _as_whole(value)
    return None


def _in_a_list(value: object, item: SchemaShape) -> object:
    is_one = isinstance(value, str if item.kind is Kind.TEXT else Mapping)
    return [value] if is_one and item.kind in {Kind.TEXT, Kind.RECORD} else None


def _as_whole(value: object) -> int | None:
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def bad_values(loc: Loc, shape: SchemaShape, value: object) -> Iterator[Problem]:
    """What is wrong with one text or number of the right kind."""
    if isinstance(value, str):
        yield from _bad_text(loc, shape, value)
    elif isinstance(value, int | float):
        yield from _out_of_bounds(loc, shape, value)


def _bad_text(loc: Loc, shape: SchemaShape, value: str) -> Iterator[Problem]:
    if shape.choices and value not in shape.choices:
        message = f"{_named(loc)} must be {_listed(shape.choices)}, not {shown(value)}."
        near = nearest(value, shape.choices)
        hint = did_you_mean(value, shape.choices)
        yield _bad(loc, message, hint=hint, fix=_set(loc, near) if near else None)
    elif shape.form and not shape.form.pattern.fullmatch(value):
        near = _nearly(value, shape)
        message = f"{_named(loc)} must be {shape.form.words}, not {shown(value)}."
        yield _bad(loc, message, fix=_set(loc, near) if near else None)


def _nearly(value: str, shape: SchemaShape) -> str:
    """The same text without blanks, small, or without the B of 32GB, if that is taken."""
    tries = (value.strip(), value.lower(), value.replace(" ", ""), value.strip().rstrip("Bb"))
    form = shape.form
    return next((text for text in tries if form and text and form.pattern.fullmatch(text)), "")


def _out_of_bounds(loc: Loc, shape: SchemaShape, value: float) -> Iterator[Problem]:
    if shape.minimum is not None and value < shape.minimum:
        message = f"{_named(loc)} must be at least {shape.minimum}, not {shown(value)}."
        yield _bad(loc, message, fix=_set(loc, shape.minimum) if shape.minimum >= 0 else None)
    if shape.maximum is not None and value > shape.maximum:
        yield _bad(loc, f"{_named(loc)} must be at most {shape.maximum}, not {shown(value)}.")


def bad_keys(loc: Loc, shape: SchemaShape) -> Iterator[Problem]:
    """A key that the provider does not take, where keys are free but must have a form."""
    if shape.form and not shape.form.pattern.fullmatch(str(loc[-1])):
        near = _nearly(str(loc[-1]), shape)
        fix = Fix(f"Rename to {near}", (Step(Verb.RENAME, loc, near),)) if near else None
        yield _bad(loc, f"The key {_named(loc)} must be {shape.form.words}.", fix=fix)


def _listed(choices: tuple[str, ...]) -> str:
    words = [word for word in choices if word]
    last = words.pop() if len(words) <= _SHOWN_CHOICES else "another known key"
    first = ", ".join(words[:_SHOWN_CHOICES])
    return f"{first} or {last}" if first else last


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else shown(value)


def _named(loc: Loc) -> str:
    """The last step as a message names it."""
    if not loc or isinstance(loc[-1], int):
        return "This entry"
    path = path_of(loc[-1:])
    return f"`{path}`" if path == loc[-1] else shown(loc[-1])


def _set(loc: Loc, value: object) -> Fix:
    return Fix(f"Set to {shown_short(value)}", (Step(Verb.SET, loc, value),))


def _bad(loc: Loc, message: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
    return _error(loc, "block-bad-value", message, hint=hint, fix=fix)


def _error(loc: Loc, code: str, message: str, *, hint: str = "", fix: Fix | None = None) -> Problem:
    return error(path_of(loc), code, message, hint=hint, fix=fix)
