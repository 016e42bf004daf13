"""`mobula validate FILE`: check a compute configuration without a server."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mobula.commands.targets import add_target, target_of_options

if TYPE_CHECKING:
    from domain.problems import Problem

VALID, INVALID, UNREADABLE = 0, 1, 2


class Unreadable(ValueError):
    """A file that is not there, may not be read, or holds no text."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "validate",
        help="check a compute configuration",
        description="Exit code 0: valid (there may be warnings), 1: invalid, 2: not readable.",
    )
    parser.add_argument("file", help="the YAML file, or - for standard input")
    add_target(parser)
    parser.add_argument("--environment", help="apply this environment's overlay first")
    parser.add_argument("--fix", action="store_true", help="print the text with all fixes applied")
    parser.add_argument("--write", action="store_true", help="with --fix: write to the file")
    parser.add_argument("--json", action="store_true", help="print the problems as a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every problem of the file; the exit code says whether one is an error."""
    # Imported here: the other commands need neither pydantic nor a YAML parser.
    from domain.convert.workload import workload_of
    from domain.problems import has_errors
    from domain.validation import check_text
    from domain.yaml.fixes import apply_all

    if wrong := wrong_options(arguments):
        print(f"mobula: {wrong}", file=sys.stderr)
        return UNREADABLE
    try:
        text = read_text(arguments.file)
        placed = configuration_in(arguments.file, text)
        target = target_of_options(arguments)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    if arguments.environment:
        placed = text = in_environment(placed, arguments.environment)
    problems = check_text(placed, target=target)
    if arguments.fix:
        workload = workload_of(text)
        fixed = apply_all(workload.body if workload else text, problems)
        fixed = workload.with_body(fixed) if workload else fixed
        if not arguments.write:
            print(fixed, end="")
        elif fixed != text:
            Path(arguments.file).write_text(fixed, encoding="utf-8")
        return INVALID if has_errors(problems) else VALID
    if arguments.json:
        print(json.dumps([as_json(problem) for problem in problems], indent=2))
    else:
        for problem in problems:
            print(as_line(arguments.file, problem))
    failed = has_errors(problems)
    if not failed and not arguments.json:
        print(f"{arguments.file} is valid.")
    return INVALID if failed else VALID


def wrong_options(arguments: argparse.Namespace) -> str:
    """Return what is wrong with the options beside each other, "" for nothing."""
    from domain.overlays import ENVIRONMENTS

    if arguments.write and (not arguments.fix or arguments.environment or arguments.file == "-"):
        return "--write requires --fix and a file, without --environment."
    if arguments.environment and arguments.environment not in ENVIRONMENTS:
        known = ", ".join(ENVIRONMENTS)
        return f"unknown environment '{arguments.environment}': use one of {known}."
    return ""


def in_environment(text: str, name: str) -> str:
    """Return the configuration as it is in that environment; the text itself where that fails."""
    from domain.overlays import for_environment
    from domain.yaml.text import dump, parse

    config = parse(text).config
    try:
        return dump(for_environment(config, name)) if config else text
    except ValueError:
        return text  # the checks of the whole say what is wrong with the overlay


def read_text(file: str) -> str:
    """Return the text of a file, or of standard input for '-'.

    Raises Unreadable with a sentence that names the file.
    """
    name = "standard input" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return content.decode()
    except FileNotFoundError:
        raise Unreadable(f"{name} cannot be read: no such file.") from None
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise Unreadable(f"{name} cannot be read: not UTF-8 text.") from error


def read_configuration(file: str) -> str:
    """Return the text of the configuration in a file, which may be that of a job or a service.

    Raises Unreadable with a sentence.
    """
    return configuration_in(file, read_text(file))


def configuration_in(file: str, text: str) -> str:
    """Return the configuration in the text of a file, at its lines; name what is left out of it.

    Raises Unreadable with a sentence if the file has its configuration elsewhere.
    """
    from domain.convert.workload import KEY, workload_of, workload_problem

    if problem := workload_problem(text):
        raise Unreadable(f"{file}: {problem.message} {problem.hint}")
    workload = workload_of(text)
    if workload is None:
        return text
    if workload.others:
        others = ", ".join(f"`{name}`" for name in workload.others)
        print(f"mobula: only `{KEY}` of {file} is read, not {others}.", file=sys.stderr)
    return workload.text


def as_json(problem: "Problem") -> dict[str, str]:
    """Return a problem as `--json` prints it."""
    return {
        "path": problem.path,
        "severity": str(problem.severity),
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "fix": problem.fix.label if problem.fix else "",
    }


def as_line(file: str, problem: "Problem") -> str:
    """Return a problem in one line, as compilers print it."""
    place = ":".join(str(part) for part in (file, problem.line, problem.column) if part)
    path = f" {problem.path}:" if problem.path else ""
    hint = f" {problem.hint}" if problem.hint else ""
    fix = f" --fix: {problem.fix.label}." if problem.fix else ""
    return f"{place}: {problem.severity}:{path} {problem.message}{hint}{fix} [{problem.code}]"
