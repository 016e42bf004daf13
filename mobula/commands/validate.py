"""`mobula validate FILE`: check a compute configuration without a server."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mobula.commands.targets import add_target, target_of_options

if TYPE_CHECKING:
    from domain.catalogue.region import RegionCatalogue
    from domain.problems import Problem
    from domain.yaml.fixes import Fixed

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
    parser.add_argument("--fix", action="store_true", help="print the text with safe fixes")
    parser.add_argument("--write", action="store_true", help="with --fix: write to the file")
    parser.add_argument("--json", action="store_true", help="print the problems as a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print every problem of the file; the exit code says whether one is an error."""
    # Imported here: the other commands need neither pydantic nor a YAML parser.
    from domain.problems import has_errors
    from domain.validation import check_text
    from domain.yaml.fixes import safely_fixed

    if wrong := wrong_options(arguments):
        print(f"mobula: {wrong}", file=sys.stderr)
        return UNREADABLE
    try:
        text = read_text(arguments.file)
        placed = configuration_in(arguments.file, text)
        target = target_of_options(arguments)
        if arguments.environment:
            placed = text = in_environment(placed, arguments.environment)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    problems = check_text(placed, target=target)
    if arguments.fix:
        fixed = _fixed(arguments.file, text, target)
        if not arguments.write:
            print(fixed.text, end="")
        elif fixed.text != text:
            Path(arguments.file).write_text(fixed.text, encoding="utf-8")
        tell_fixes(arguments.file, fixed)
        return INVALID if has_errors(problems) else VALID
    if arguments.json:
        print(json.dumps([as_json(problem) for problem in problems], indent=2))
    else:
        safe = {id(problem) for problem in safely_fixed(placed, problems)}
        for problem in problems:
            print(as_line(arguments.file, problem, is_safe=id(problem) in safe))
    failed = has_errors(problems)
    if not failed and not arguments.json:
        print(f"{arguments.file} is valid.")
    return INVALID if failed else VALID


def _fixed(file: str, text: str, target: "RegionCatalogue") -> "Fixed":
    """Return the text of a file with its safe fixes; around a configuration nothing changes."""
    from domain.convert.workload import workload_of
    from domain.validation import check_text
    from domain.yaml.fixes import with_safe_fixes

    workload = workload_of(text)
    body = workload.body if workload else text
    fixed = with_safe_fixes(body, lambda changed: check_text(changed, target=target))
    if workload is None:
        return fixed
    whole = workload.with_body(fixed.text)
    left = check_text(configuration_in(file, whole), target=target)
    return replace(fixed, text=whole, left=tuple(left))


def wrong_options(arguments: argparse.Namespace) -> str:
    """Return what is wrong with the options beside each other, "" for nothing."""
    if arguments.write and (not arguments.fix or arguments.environment or arguments.file == "-"):
        return "--write requires --fix and a file, without --environment."
    return ""


def in_environment(text: str, name: str) -> str:
    """Return the configuration as it is in that environment; the text itself where that fails.

    Teams name their environments. Without a server, those are known that the text says something
    of, and those that every team begins with: raises ValueError for any other name.
    """
    from domain.overlays import ENVIRONMENTS, for_environment
    from domain.yaml.text import dump, parse

    parsed = parse(text)
    own = parsed.draft.mobula.environments if parsed.draft else ()
    known = dict.fromkeys([*ENVIRONMENTS, *own])
    if name not in known:
        raise ValueError(f"unknown environment '{name}': use one of {', '.join(known)}.")
    config = parsed.config
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


def tell_fixes(file: str, fixed: "Fixed") -> None:
    """Print beside the text which fixes were made, and what is left for a person to choose."""
    for problem in fixed.made:
        if problem.fix:
            print(f"Fixed: {problem.path or file}: {problem.fix.label}.", file=sys.stderr)
    for problem in fixed.left:
        if problem.fix:
            print(f"Not fixed: {as_line(file, problem)}", file=sys.stderr)


def as_line(file: str, problem: "Problem", *, is_safe: bool = False) -> str:
    """Return a problem in one line, as compilers print it.

    `--fix` makes the safe fixes; the others are suggestions.
    """
    place = ":".join(str(part) for part in (file, problem.line, problem.column) if part)
    path = f" {problem.path}:" if problem.path else ""
    hint = f" {problem.hint}" if problem.hint else ""
    kind = "--fix" if is_safe else "Suggestion"
    fix = f" {kind}: {problem.fix.label}." if problem.fix else ""
    return f"{place}: {problem.severity}:{path} {problem.message}{hint}{fix} [{problem.code}]"
