"""The compute configuration as text: read with every mistake at once, written so that it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from domain.configuration.legacy import marks_by_new_path
from domain.configuration.spec import ComputeConfig, written
from domain.problems import Loc, Mark, Problem, by_place, has_errors, located
from domain.yaml.edit import edited, rewritten
from domain.yaml.piece_edit import edited_in_pieces
from domain.yaml.pieces import read_in_pieces
from domain.yaml.structure import Structured, structure
from domain.yaml.values import with_values
from domain.yaml.writing import dump

__all__ = ["Parsed", "dump", "modernised", "parse", "parse_mapping", "update_text"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says; `config` is None as soon as one problem is an error.

    `draft` is the configuration without the parts that did not fit: for showing in a form and for
    further checks, never for use. `broken` tells where those parts were.
    """

    config: ComputeConfig | None
    problems: tuple[Problem, ...]
    text: str
    draft: ComputeConfig | None = None
    broken: tuple[Loc, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict, repr=False)
    is_legacy: bool = False
    document: object = field(default=None, repr=False)  # the text's plain values


@lru_cache(maxsize=32)
def parse(text: str) -> Parsed:
    """The configuration in a YAML text and all its structural problems; never raises.

    One edit asks for the same text several times, and reading it is most of what the edit costs.
    """
    tree = read_in_pieces(text)
    if not tree.is_complete:
        return Parsed(None, tuple(by_place(tree.problems)), text, broken=((),))
    structured = structure(tree.value)
    marks = marks_by_new_path(tree.marks) if structured.is_legacy else tree.marks
    parsed = _parsed(structured, tree.problems, text=text, marks=marks)
    return replace(parsed, document=tree.value)


def parse_mapping(data: Mapping[str, object]) -> Parsed:
    """The configuration in a mapping, such as a form posts; `text` is its YAML if it is valid."""
    structured = structure(data)
    text = dump(structured.draft) if structured.draft else ""
    return _parsed(structured, [], text=text, marks={})


def update_text(text: str, config: ComputeConfig) -> str:
    """The text changed to say `config`, with its comments and unknown keys kept.

    A text that is no YAML, or whose aliases stand in the way, is replaced by `dump(config)`.
    """
    text = modernised(text)
    if parse(text).draft is None:
        return dump(config)
    for change in (_values, _pieces, edited):
        changed = change(text, config)
        if changed and parse(changed).draft == config:
            return changed
    return dump(config)


def _values(text: str, config: ComputeConfig) -> str | None:
    """The text with single values changed where they stand; None if more than those differ."""
    now = parse(text)
    if now.draft is None or has_errors(now.problems):
        return None
    was = now.draft
    if len(was.groups) != len(config.groups):
        return with_values(text, written(was), written(config), now.marks)
    # What is the same in both need not be written to see that.
    others = [
        None if old is new else (written(old), written(new))
        for old, new in zip(was.groups, config.groups, strict=True)
    ]
    plain = [written(one.model_copy(update={"worker_nodes": None})) for one in (was, config)]
    if was.worker_nodes is not None:
        plain[0]["worker_nodes"] = [pair and pair[0] for pair in others]
    if config.worker_nodes is not None:
        plain[1]["worker_nodes"] = [pair and pair[1] for pair in others]
    return with_values(text, plain[0], plain[1], now.marks)


def _pieces(text: str, config: ComputeConfig) -> str | None:
    """The text with single keys and groups changed where they stand; None if that is not enough."""
    now = parse(text)
    if now.draft is None or has_errors(now.problems):
        return None
    return edited_in_pieces(text, now.draft, config)


def modernised(text: str) -> str:
    """The text in Anyscale's newer schema, with its comments; itself where it is that already."""
    return (rewritten(text) or text) if parse(text).is_legacy else text


def _parsed(
    structured: Structured, earlier: list[Problem], *, text: str, marks: Mapping[str, Mark]
) -> Parsed:
    problems = by_place(located(p, marks) for p in [*earlier, *structured.problems])
    valid = structured.draft is not None and not has_errors(problems)
    return Parsed(
        structured.draft if valid else None,
        tuple(problems),
        text,
        draft=structured.draft,
        broken=tuple(structured.broken),
        marks=marks,
        is_legacy=structured.is_legacy,
    )
