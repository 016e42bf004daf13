"""Raw blocks on Google Cloud: what bulkInsert takes, as Compute Engine's discovery document says.

Keys may be written as in its REST interface or as in its Python library: diskSizeGb, disk_size_gb.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from domain.problems import Fix, Loc, Problem, Step, Verb, error, loc_of, path_of
from providers.schemas.json_shapes import shapes_from
from providers.schemas.packages import folder_of
from providers.schemas.shape import Form, Kind, Schema, SchemaShape
from providers.schemas.walk import problems_of

_TOP, _PROPERTIES = "BulkInsertInstanceResource", "InstanceProperties"
_HOLDERS = {"instanceProperties", "instance_properties"}
_IMAGES = [
    (params, image)
    for params in ("initializeParams", "initialize_params")
    for image in ("sourceImage", "source_image")
]
_DOCUMENT = "discovery_cache/documents/compute.v1.json"
# The document describes labels in prose only.
_LABEL_KEY = Form(
    pattern=re.compile(r"(?!.*[A-Z])[^\W\d_][\w-]{0,62}"),
    words="lowercase letters, digits, `-` and `_`, a letter first, at most 63",
)
_LABEL_VALUE = Form(
    pattern=re.compile(r"(?!.*[A-Z])[\w-]{0,63}"),
    words="lowercase letters, digits, `-` and `_`, at most 63",
)


def check_block(block: Mapping[str, object], path: str) -> Sequence[Problem]:
    """Return what Compute Engine would refuse in a block that stands at `path`."""
    return [*problems_of(block, path, schema()), *_set_by_launch(block, loc_of(path))]


@cache
def schema() -> Schema:
    """Return bulkInsert's shapes; the instances' properties are taken at the top, too."""
    with (folder_of("googleapiclient") / _DOCUMENT).open(encoding="utf-8") as file:
        shapes = shapes_from(json.load(file)["schemas"], _TOP)
    members = {**shapes[_PROPERTIES].members, **shapes[_TOP].members}
    shapes[_TOP] = replace(shapes[_TOP], members=members)
    return Schema(
        owner="Compute Engine",
        top=_TOP,
        shapes={name: _adapted(name, shape) for name, shape in shapes.items()},
    )


def _adapted(name: str, shape: SchemaShape) -> SchemaShape:
    if name.endswith(".labels"):
        return replace(shape, form=_LABEL_KEY)
    if name.endswith(".labels.*"):
        return replace(shape, form=_LABEL_VALUE)
    if shape.kind is Kind.RECORD:
        return replace(shape, members=_both_spellings(shape.members))
    # Numbers may be text, too: so JSON's form of protocol buffers has it.
    return replace(shape, or_text=True) if shape.kind is Kind.WHOLE else shape


def _both_spellings(members: Mapping[str, str]) -> Mapping[str, str]:
    """The members by each name they go by; networkIP is network_i_p in Google's library."""
    apart = {re.sub(r"([A-Z])", r"_\1", key).lower(): name for key, name in members.items()}
    joined = {
        re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): name for key, name in members.items()
    }
    return {**apart, **joined, **members}


def _set_by_launch(block: Mapping[str, object], loc: Loc) -> Iterator[Problem]:
    """What deep inside the machines' properties the launch sets, as on AWS at the top."""
    for key in _HOLDERS & block.keys():
        if isinstance(inner := block[key], Mapping):
            yield from _set_by_launch(inner, (*loc, key))
    for at, disk in _entries(block.get("disks"), (*loc, "disks")):
        for outer, key in _IMAGES:
            params = disk.get(outer)
            if isinstance(params, Mapping) and key in params:
                hint = "The image is set in `mobula.image`."
                yield _refused((*at, outer, key), key, hint=hint)
    metadata = block.get("metadata")
    items = metadata.get("items") if isinstance(metadata, Mapping) else None
    for at, entry in _entries(items, (*loc, "metadata", "items")):
        if entry.get("key") == "user-data":
            yield _refused(at, "user-data", hint="Remove it.")


def _entries(value: object, loc: Loc) -> Iterator[tuple[Loc, Mapping[str, object]]]:
    for index, entry in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(entry, Mapping):
            yield (*loc, index), entry


def _refused(loc: Loc, name: str, *, hint: str) -> Problem:
    fix = Fix(f"Remove {name}", (Step(Verb.REMOVE, loc),))
    message = f"`{name}` is set by Mobula at launch."
    return error(path_of(loc), "block-refused-key", message, hint=hint, fix=fix)
