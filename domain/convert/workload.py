"""Files of jobs, services and workspaces, which have a compute configuration inside."""

from collections.abc import Mapping
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from domain.convert.result import Loss
from domain.problems import Problem, error, has_errors, path_of, shown
from domain.yaml.tree import MAX_BYTES, read
from domain.yaml.writing import dump_value

KEY = "compute_config"
_NOTES = {"name": "name", "image_uri": "image", "ray_version": "ray_version"}
_CONFIG_KEYS = frozenset({
    "head_node", "worker_nodes", "configs", "head_node_type", "worker_node_types", "mobula",
})  # fmt: skip
# Keys of jobs, services and workspaces alone (docs.anyscale.com, API reference).
_WORKLOAD_KEYS = frozenset({"applications", "containerfile", "entrypoint", "image_uri"})
_WHY: Mapping[str, str] = {
    "cloud": "Select the cloud in the configuration, or at launch.",
    "containerfile": "Register the image, then select it in the configuration.",
    "applications": "Deploy the applications with Ray Serve on the running cluster.",
    "entrypoint": "Submit the job to the running cluster.",
}
_NOT_CONFIG = "Not part of a compute configuration."


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A file with a compute configuration inside.

    `text` is the configuration where it stands in the file, so that the lines and columns of its
    problems are the file's; `body` is the configuration by itself.
    """

    text: str
    body: str
    others: Mapping[str, object]
    before: str
    after: str
    indent: int  # of a block; 0 if it is written in braces

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The keys of the file that are not part of the configuration."""
        return tuple(
            Loss(path=path_of((key,)), why=_WHY.get(key, _NOT_CONFIG))
            for key, value in self.others.items()
            if key not in _NOTES and value not in (None, "", {}, [])
        )

    @property
    def notes(self) -> dict[str, str]:
        """The name, image and version of Ray that the file has."""
        notes = {note: self.others.get(key) for key, note in _NOTES.items()}
        return {note: str(value) for note, value in notes.items() if value}

    def with_body(self, body: str) -> str:
        """The file with another configuration in it, all else as it was."""
        if not self.indent and body.startswith("{"):
            return f"{self.before}{body.strip()}{self.after}"
        indent = " " * (self.indent or 2)
        lines = [f"{indent}{line}" if line.strip() else line for line in body.splitlines()]
        start = "" if self.indent else "\n"
        end = "\n" if self.indent else ""
        return f"{self.before}{start}" + "\n".join(lines) + end + self.after


def workload_of(text: str) -> Workload | None:
    """The parts of a file with a compute configuration inside; None if it is no such file."""
    node = _value_node(text)
    if node is None:
        return None
    start, end = node.start_mark.index, node.end_mark.index
    is_block = not node.flow_style
    indent = node.start_mark.column if is_block else 0
    if is_block:
        start -= indent
        end = _trimmed(text, start, end, indent)
    value = text[start:end]
    body = "".join(_dedented(line, indent) for line in value.splitlines(keepends=True))
    placed = _blank(text[:start]) + value
    top = _top(text)
    config = top.pop(KEY)
    if has_errors(read(body).problems) and not has_errors(read(text).problems):
        # Aliases of anchors that stand elsewhere in the file.
        placed = body = dump_value(config)
    return Workload(
        text=placed, body=body, others=top, before=text[:start], after=text[end:], indent=indent
    )


def workload_problem(text: str) -> Problem | None:
    """Why the configuration of such a file cannot be read; None if it can, or if it is none."""
    top = _top(text)
    if _CONFIG_KEYS & top.keys():
        return None
    value = top.get(KEY)
    if isinstance(value, str):
        message = f"`{KEY}` is the name of a saved configuration: {shown(value)}."
        hint = "Use its YAML: anyscale compute-config get -n NAME."
        return error(KEY, "compute-config-by-name", message, hint=hint)
    if value is None and _WORKLOAD_KEYS & top.keys():
        message = "This is a job, service or workspace without a compute configuration."
        hint = f"Write the configuration below `{KEY}`."
        return error("", "compute-config-missing", message, hint=hint)
    return None


def _top(text: str) -> dict[str, object]:
    if len(text) > MAX_BYTES:
        return {}
    value = read(text).value
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def _value_node(text: str) -> MappingNode | None:
    """The node of the configuration inside; a cheap look comes first."""
    if KEY not in text or len(text) > MAX_BYTES or not isinstance(_top(text).get(KEY), Mapping):
        return None
    try:
        top = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, ValueError, RecursionError):
        return None
    entries = top.value if isinstance(top, MappingNode) else []
    nodes = {key.value: node for key, node in entries if isinstance(key, ScalarNode)}
    node: Node | None = nodes.get(KEY)
    if _CONFIG_KEYS & nodes.keys() or not isinstance(node, MappingNode):
        return None
    return node


def _trimmed(text: str, start: int, end: int, indent: int) -> int:
    """The end of a block without the blank lines and the comments of what follows it."""
    lines = text[start:end].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or _is_outer_comment(lines[-1], indent)):
        lines.pop()
    return start + sum(len(line) for line in lines)


def _is_outer_comment(line: str, indent: int) -> bool:
    content = line.lstrip(" ")
    return content.startswith("#") and len(line) - len(content) < indent


def _dedented(line: str, indent: int) -> str:
    margin = len(line) - len(line.lstrip(" "))
    return line[min(margin, indent) :]


def _blank(text: str) -> str:
    """The text with its lines, but nothing on them."""
    lines = text.split("\n")
    return "\n" * (len(lines) - 1) + " " * len(lines[-1])
