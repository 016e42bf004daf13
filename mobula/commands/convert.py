"""`mobula convert --to FORMAT FILE`: a configuration in another tool's format."""

import argparse
import sys

from mobula.commands.targets import add_target, target_of_options
from mobula.commands.validate import INVALID, UNREADABLE, VALID, as_line, read_text

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
    parser.add_argument("--name", default="", help="the cluster's name in the output")
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
    from domain.convert import ExportContext, Format, exported, imported
    from domain.problems import has_errors

    try:
        text, target = read_text(arguments.file), target_of_options(arguments)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    source = Format(arguments.source) if arguments.source else None
    parsed = imported(text, source)
    for problem in parsed.problems:
        print(as_line(arguments.file, problem), file=sys.stderr)
    if parsed.config is None or has_errors(parsed.problems):
        return INVALID
    setting = ExportContext(
        name=arguments.name or parsed.notes.get("name", "ray-cluster"),
        image=arguments.image or parsed.notes.get("image", ""),
        ray_version=arguments.ray_version or parsed.notes.get("ray_version", ""),
        target=target,
    )
    written = exported(parsed.config, Format(arguments.to), setting)
    print(written.text, end="")
    for loss in (*parsed.losses, *written.losses):
        print(f"Not carried over: {loss.path}: {loss.why}", file=sys.stderr)
    return VALID
