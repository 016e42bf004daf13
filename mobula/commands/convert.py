"""`mobula convert --to FORMAT FILE`: a configuration in another tool's format."""

import argparse
import sys
from typing import TYPE_CHECKING

from mobula.commands.targets import add_target, target_of_options
from mobula.commands.validate import INVALID, UNREADABLE, VALID, as_line, read_text

if TYPE_CHECKING:
    from domain.convert import Loss

FORMATS = ("mobula", "anyscale", "anyscale-legacy", "kuberay", "ray-up")


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "convert",
        help="convert between configuration formats",
        description="Writes the result to standard output and anything not carried over to "
        "standard error. Exit code 0: converted, 1: the file is invalid, 2: not readable.",
    )
    parser.add_argument("file", help="the YAML file, or - for standard input")
    parser.add_argument("--from", dest="source", choices=FORMATS, help="default: detected")
    parser.add_argument("--to", required=True, choices=FORMATS)
    parser.add_argument(
        "--name",
        default="",
        help="the cluster's name in the output; of several clusters in a file, the one to read",
    )
    parser.add_argument(
        "--image", default="", help="the container image, for formats that name one"
    )
    parser.add_argument(
        "--ray-version", default="", help="such as 2.60.0, for formats that name it"
    )
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the configuration in the other format."""
    from domain.convert import ExportContext, Format, exported, imported, losses_of_notes
    from domain.problems import has_errors

    try:
        text, target = read_text(arguments.file), target_of_options(arguments)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    source = Format(arguments.source) if arguments.source else None
    parsed = imported(text, source, name=arguments.name)
    for problem in parsed.problems:
        print(as_line(arguments.file, problem), file=sys.stderr)
    if parsed.config is None or has_errors(parsed.problems):
        return INVALID
    named = {"image": arguments.image, "ray_version": arguments.ray_version}
    notes = {**parsed.notes, **{key: value for key, value in named.items() if value}}
    setting = ExportContext(
        name=arguments.name or notes.get("name", "ray-cluster"),
        image=notes.get("image", ""),
        ray_version=notes.get("ray_version", ""),
        target=target,
    )
    target_format = Format(arguments.to)
    written = exported(parsed.config, target_format, setting)
    print(written.text, end="")
    unsaid: tuple[Loss, ...] = ()
    if target_format is not Format.KUBERAY:
        unsaid = losses_of_notes(notes, names_image=target_format.names_image)
    for loss in (*parsed.losses, *unsaid, *written.losses):
        print(f"Not carried over: {loss.path}: {loss.why}", file=sys.stderr)
    return VALID
