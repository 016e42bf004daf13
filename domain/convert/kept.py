"""Parts of another tool's file that a configuration has no place for, kept as notes.

Setup commands and files belong into the container image or onto a storage mount, which Mobula does
not write itself: so their text stays with the template, and says where it goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.convert.formats import Format
from domain.convert.kuberay.documents import read_file
from domain.convert.result import Loss, Plain, opened
from domain.convert.workload import workload_of
from domain.problems import Loc, path_of
from domain.yaml.writing import dump_value

_RUN = "Add these commands to the Dockerfile of the container image."
_FILES = "Copy these files into the container image, or put them on a storage mount."
_CONTAINER = "These options are for the container: set what is needed in the image's Dockerfile."
_START = "Mobula starts Ray itself. What else these commands do belongs into the container image."
_SUBMIT = "Submit this to the running cluster."

_WHERE: Mapping[str, str] = {
    # ray up [docs.ray.io, Cluster YAML Configuration Options]
    "initialization_commands": _RUN,
    "setup_commands": _RUN,
    "head_setup_commands": _RUN,
    "worker_setup_commands": _RUN,
    "head_start_ray_commands": _START,
    "worker_start_ray_commands": _START,
    "file_mounts": _FILES,
    "cluster_synced_files": _FILES,
    "rsync_exclude": _FILES,
    "rsync_filter": _FILES,
    "run_options": _CONTAINER,
    "head_run_options": _CONTAINER,
    "worker_run_options": _CONTAINER,
    # RayJob and RayService of KubeRay
    "entrypoint": _SUBMIT,
    "runtimeEnvYAML": _SUBMIT,
    "serveConfigV2": _SUBMIT,
    # Jobs, services and workspaces of Anyscale
    "containerfile": "Build the container image from this file, and register it in Mobula.",
    "applications": "Deploy these applications with Ray Serve on the running cluster.",
    "runtime_env": _SUBMIT,
    "working_dir": _SUBMIT,
    "requirements": _RUN,
    "env_vars": _CONTAINER,
}
_DOCKER_RUN = frozenset(key for key, where in _WHERE.items() if where == _RUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A part of the file as it was written, and where it goes."""

    path: str
    text: str
    where: str


def kept_parts(text: str, source: Format, losses: Sequence[Loss]) -> list[Kept]:
    """Return the parts among the losses whose text is worth keeping."""
    lost = {loss.path for loss in losses}
    return [kept for kept in _parts(_top_of(text, source), ()) if kept.path in lost]


def notes_of(parts: Sequence[Kept], *, title: str, longest: int) -> str:
    """Return the parts as Markdown of at most that length, or "" where there are none."""
    if not parts:
        return ""
    blocks = [f"**{title}**: what the configuration has no place for, and where it goes."]
    for part in parts:
        indented = "\n".join(f"    {line}" for line in part.text.splitlines())
        blocks.append(f"`{part.path}`: {part.where}\n\n{indented}")
    notes = "\n\n".join(blocks)
    cut = "\n\n(Cut: see the imported file.)"
    return notes if len(notes) <= longest else notes[: longest - len(cut)] + cut


def _top_of(text: str, source: Format) -> Plain:
    if source is Format.KUBERAY:
        cluster = read_file(text).cluster
        return cluster.top if cluster else {}
    if workload := workload_of(text):
        return dict(workload.others)
    return opened(text)[0] or {}


def _parts(value: object, loc: Loc) -> Iterator[Kept]:
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        here = (*loc, str(key))
        if where := _WHERE.get(str(key)):
            if item not in (None, "", [], {}):
                yield Kept(path=path_of(here), text=_written(str(key), item), where=where)
        else:
            yield from _parts(item, here)


def _written(key: str, value: object) -> str:
    """Commands as lines of a Dockerfile, texts as they are, all else as YAML."""
    if isinstance(value, str):
        return value
    if key in _DOCKER_RUN and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return "\n".join(f"RUN {command}" for command in value)
    return dump_value(value).rstrip()
