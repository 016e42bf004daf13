"""Values and configurations as new YAML, in one style."""

from collections.abc import Mapping
from io import StringIO
from math import isfinite, isnan
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import BaseRepresenter
from ruamel.yaml.scalarfloat import ScalarFloat
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from domain.configuration.spec import ComputeConfig, written
from domain.yaml.tree import needs_quotes

OURS = "Mobula's own settings; leave this block out and the rest is valid for Anyscale."


def dump(config: ComputeConfig) -> str:
    """The configuration as YAML: the same text for the same configuration, `mobula:` last."""
    plain = written(config)
    tree = CommentedMap({key: styled(item) for key, item in plain.items()})
    if "mobula" in tree:
        tree.yaml_set_comment_before_after_key("mobula", before=OURS)
    return emitted(tree, writer_of())


def dump_value(value: object) -> str:
    """A plain value as YAML by itself; "" for an empty one."""
    writer = writer_of(flush=isinstance(value, list))
    return emitted(styled(value), writer) if value else ""


def writer_of(*, flush: bool = False) -> YAML:
    writer = YAML(typ="rt", pure=True)
    writer.width = 4096
    writer.preserve_quotes = True
    writer.allow_duplicate_keys = True
    if not flush:
        writer.indent(mapping=2, sequence=4, offset=2)
    writer.representer.add_representer(type(None), _write_null)
    writer.representer.add_representer(float, _write_float)
    writer.representer.add_representer(ScalarFloat, _write_as_it_was)
    return writer


def _write_null(representer: BaseRepresenter, _: None) -> ScalarNode:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _write_float(representer: BaseRepresenter, number: float) -> ScalarNode:
    """`1.0e-05`: without the point, YAML 1.1 takes it for text."""
    if not isfinite(number):
        text = ".nan" if isnan(number) else "-.inf" if number < 0 else ".inf"
        return representer.represent_scalar("tag:yaml.org,2002:float", text)
    mantissa, e, exponent = repr(number).partition("e")
    text = f"{mantissa}.0e{exponent}" if e and "." not in mantissa else repr(number)
    return representer.represent_scalar("tag:yaml.org,2002:float", text)


def _write_as_it_was(representer: Any, number: ScalarFloat) -> ScalarNode:
    """The number in its own notation, where that means the same: ruamel.yaml rounds some."""
    node: ScalarNode = representer.represent_scalar_float(number)
    try:
        is_same = float(node.value.replace("_", "")) == float(number)
    except ValueError:
        is_same = True  # such as .inf
    return node if is_same else _write_float(representer, float(number))


def emitted(tree: object, writer: YAML) -> str:
    out = StringIO()
    writer.dump(tree, out)
    return out.getvalue()


def styled(value: object) -> object:
    """The value as ruamel.yaml writes it best: block style, quotes only where they are needed."""
    match value:
        case str():
            return quoted(value)
        case Mapping():
            return CommentedMap({quoted(key): styled(item) for key, item in value.items()})
        case list():
            items = CommentedSeq([styled(item) for item in value])
            for inner in items:
                if isinstance(inner, CommentedSeq):
                    inner.fa.set_flow_style()
            return items
    return value


def quoted(text: str) -> str:
    return DoubleQuotedScalarString(text) if needs_quotes(text) else text
