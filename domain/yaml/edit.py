"""Change a YAML text in place, so that it keeps its comments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import CommentToken

from domain.configuration.legacy import modernise, rename
from domain.configuration.spec import ComputeConfig, Plain, WorkerGroup, tidied, written
from domain.problems import Loc, Step, Verb
from domain.quantities import parse_bytes
from domain.yaml.misfits import MODELS
from domain.yaml.writing import emitted, quoted, styled, writer_of

# A list whose dashes stand right under its key.
_FLUSH_LIST = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n\1- ", re.MULTILINE)


def has_flush_lists(text: str) -> bool:
    """True if the text writes a list with its dashes right under its key."""
    return bool(_FLUSH_LIST.search(text))


def edited(text: str, config: ComputeConfig) -> str | None:
    """The text changed to say `config`; None if it cannot be edited in place."""
    writer = writer_of(flush=has_flush_lists(text))
    try:
        tree = writer.load(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(tree, CommentedMap):
        return None
    tree = unshared(tree, set())
    update(tree, written(config), model=ComputeConfig)
    return emitted(tree, writer)


def stepped(text: str, steps: Sequence[Step], *, must_fit: bool = True) -> str | None:
    """The text after these changes, comments kept; None if it cannot be edited in place.

    Also None, if they must fit, when one of them finds nothing to change.
    """
    writer = writer_of(flush=has_flush_lists(text))
    try:
        tree = writer.load(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    if tree is None:
        tree = CommentedMap()
    if not isinstance(tree, CommentedMap):
        return None
    tree = unshared(tree, set())
    fits = [_step(tree, step) for step in steps]
    if must_fit and not all(fits):
        return None
    return emitted(tree, writer)


def _step(tree: CommentedMap, step: Step) -> bool:
    holder = _holder(tree, step.loc, make=step.verb is Verb.SET)
    key = step.loc[-1] if step.loc else None
    if isinstance(holder, CommentedSeq) and isinstance(key, int) and key < len(holder):
        if step.verb is Verb.SET:
            holder[key] = styled(step.value)
            return True
        if step.verb is Verb.REMOVE:
            del holder[key]
            return True
        return False
    if not isinstance(holder, CommentedMap) or not isinstance(key, str):
        return False
    if step.verb is Verb.SET:
        holder[key] = styled(step.value)
    elif key not in holder or (step.verb is Verb.RENAME and step.value in holder):
        return False  # a key that is renamed never takes another's place
    elif step.verb is Verb.REMOVE:
        _remove(holder, key)
    else:
        rename(holder, key, str(step.value))
    return True


def _holder(tree: CommentedMap, loc: Loc, *, make: bool) -> object:
    """What holds the value that `loc` leads to; mappings on the way are made if wanted."""
    holder: Any = tree
    for step in loc[:-1]:
        if isinstance(holder, CommentedMap) and isinstance(step, str):
            if make and holder.get(step) is None:
                holder[step] = CommentedMap()
            holder = holder.get(step)
        elif isinstance(holder, CommentedSeq) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
        else:
            return None
    return holder


def rewritten(text: str) -> str | None:
    """A text of the older schema in the newer one; None if it cannot be edited in place."""
    writer = writer_of(flush=has_flush_lists(text))
    try:
        tree = writer.load(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    tree = unshared(tree, set())
    modernise(tree)
    return emitted(tree, writer)


def unshared(value: Any, seen: set[int]) -> Any:
    """The tree with each alias written out, so that changing one place changes no other."""
    if not isinstance(value, CommentedMap | CommentedSeq):
        return value
    if id(value) in seen:
        value = _copy(value)
    seen.add(id(value))
    value.yaml_set_anchor(None)
    for key in list(value) if isinstance(value, CommentedMap) else range(len(value)):
        value[key] = unshared(value[key], seen)
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, CommentedMap):
        return CommentedMap(value.items())
    return CommentedSeq(value)


def update(target: CommentedMap, wanted: Plain, *, model: type[BaseModel]) -> None:
    """Make the mapping say `wanted`; keys that the model does not know stay as they are."""
    if model is WorkerGroup and "name" in target and "name" not in wanted:
        target.pop("name")
    for key in [key for key in target if key in model.model_fields and key not in wanted]:
        _reset(target, key, model=model)
    for key, item in wanted.items():
        nested = MODELS.get(key) if key in _NESTED else None
        target[key] = _merged(target[key], item, model=nested) if key in target else styled(item)


_NESTED = {key for key in MODELS if key}


def _reset(target: CommentedMap, key: str, *, model: type[BaseModel]) -> None:
    """Bring a key back to its default; a value is written out, so that its comment stays true."""
    default = model.model_fields[key].default
    if isinstance(target[key], CommentedMap) and isinstance(default, BaseModel):
        update(target[key], {}, model=MODELS[key])
    elif isinstance(default, bool | int | str) and default != "":
        target[key] = _same_or_new(target[key], tidied(default))
    elif target[key] != default:
        _remove(target, key)


def _remove(target: CommentedMap, key: str) -> None:
    """Take a key out; comment lines below it speak of the next key, and go there."""
    keys = list(target)
    following = keys[keys.index(key) + 1 :][:1]
    token = _comment_behind(target, key)
    _, _, below = token.value.partition("\n") if token else ("", "", "")
    column = target.lc.col or 0
    del target[key]
    if below.strip() and following:
        lines = [line.strip().removeprefix("#").removeprefix(" ") for line in below.splitlines()]
        before = "\n".join(lines)
        target.yaml_set_comment_before_after_key(following[0], before=before, indent=column)


def _comment_behind(holder: CommentedMap | CommentedSeq, key: str | int) -> CommentToken | None:
    """What ruamel.yaml keeps with the last scalar under a key: the rest of its line, and on."""
    value = holder[key]
    if isinstance(value, CommentedMap | CommentedSeq) and value and not value.fa.flow_style():
        last = list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1
        return _comment_behind(value, last)
    places = holder.ca.items.get(key) or []
    return next((place for place in places if isinstance(place, CommentToken)), None)


def _merged(old: Any, new: object, *, model: type[BaseModel] | None) -> object:
    """The old node changed to say `new`, or a new node if the two have nothing in common."""
    if isinstance(old, CommentedMap) and isinstance(new, Mapping):
        if model is not None:
            update(old, dict(new), model=model)
        else:
            _update_freely(old, new)
        return old
    if isinstance(old, CommentedSeq) and isinstance(new, list):
        return _groups(old, new) if model is WorkerGroup else _items(old, new, model=model)
    return _same_or_new(old, new)


def _rename_moved(target: CommentedMap, wanted: Mapping[str, object]) -> None:
    """Give what stands under another key now that key, so that its comments and style stay."""
    new = [key for key in wanted if key not in target]
    for key in [key for key in target if key not in wanted]:
        same = next((one for one in new if wanted[one] == target[key]), None)
        if same is not None:
            new.remove(same)
            rename(target, key, quoted(same))


def _update_freely(target: CommentedMap, wanted: Mapping[str, object]) -> None:
    _rename_moved(target, wanted)
    for key in [key for key in target if key not in wanted]:
        _remove(target, key)
    for key, item in wanted.items():
        new = _merged(target[key], item, model=None) if key in target else styled(item)
        target[quoted(key)] = new


def _items(
    old: CommentedSeq, new: Sequence[object], *, model: type[BaseModel] | None = None
) -> CommentedSeq:
    """A plain list: as many old items as still fit, then new ones."""
    _drop_gone(old, new)
    for index, item in enumerate(new):
        if index < len(old):
            old[index] = _merged(old[index], item, model=model)
        else:
            old.append(styled(item))
    del old[len(new) :]
    return old


def _drop_gone(old: CommentedSeq, new: Sequence[object]) -> None:
    """Take out as many old items as are too many, first those that are not wanted any more."""
    for index in reversed(range(len(old))):
        if len(old) > len(new) and old[index] not in new:
            del old[index]


def _groups(old: CommentedSeq, new: Sequence[Plain]) -> CommentedSeq:
    """The worker groups in their new order, each with the comments of the group of its name."""
    places = {_group_name(item): place for place, item in reversed(list(enumerate(old)))}
    groups = CommentedSeq()
    names = [_group_name(wanted) for wanted in new]
    for index, wanted in enumerate(new):
        place = places.pop(names[index], None)
        if place is None and len(old) == len(new) and _group_name(old[index]) not in names:
            place = places.pop(_group_name(old[index]), None)  # it got another name
        if place is None or not isinstance(old[place], CommentedMap):
            groups.append(styled(wanted))
            continue
        update(old[place], wanted, model=WorkerGroup)
        groups.append(old[place])
        if place in old.ca.items:
            groups.ca.items[index] = old.ca.items[place]
    groups.ca.comment = old.ca.comment
    return groups


def _group_name(item: object) -> object:
    if not isinstance(item, Mapping):
        return None
    return item.get("name") or item.get("instance_type") or str(item.get("required_resources"))


def _same_or_new(old: object, new: object) -> object:
    """The old scalar with its quotes, hex digits or unit, if it means the same as the new one."""
    if isinstance(old, bool) is isinstance(new, bool) and old == new:
        return old
    try:
        if isinstance(old, str | int) and isinstance(new, str) and _in_bytes(old) == _in_bytes(new):
            return old
    except ValueError:
        return styled(new)
    return styled(new)


def _in_bytes(value: str | int) -> int:
    return parse_bytes(value) if isinstance(value, str) else value
