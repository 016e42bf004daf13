"""`mobula diff A B`: what changes between two configurations, in words and with its effect."""

import argparse
import json
import sys

from mobula.commands.targets import PROVIDERS
from mobula.commands.validate import UNREADABLE, Unreadable, read_configuration

SAME, DIFFERENT = 0, 1


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "diff",
        help="compare two configurations",
        description="Ignores comments and formatting. Exit code 0: no functional changes, 1: "
        "differences, 2: not readable.",
    )
    parser.add_argument("old", help="a YAML file, or - for standard input")
    parser.add_argument("new", help="the other YAML file, or - for standard input")
    parser.add_argument("--provider", choices=PROVIDERS, help="show effects for this provider")
    parser.add_argument("--json", action="store_true", help="print the changes as a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print each change with what it takes on a running cluster."""
    from domain.configuration.diff import changes, sentence
    from domain.configuration.effects import USUAL, strongest, why_of
    from domain.configuration.fields import in_words
    from domain.offerings import ProviderKind
    from domain.yaml.text import parse
    from providers.registry import traits_of

    if arguments.old == arguments.new == "-":
        print("mobula: only one of the files can be standard input.", file=sys.stderr)
        return UNREADABLE
    kind = ProviderKind(arguments.provider) if arguments.provider else None
    rules = traits_of(kind).effects if kind else USUAL
    configs = []
    for file in (arguments.old, arguments.new):
        try:
            draft = parse(read_configuration(file)).draft
        except Unreadable as error:
            print(f"mobula: {error}", file=sys.stderr)
            return UNREADABLE
        if draft is None:
            print(f"mobula: {file} is not a configuration; run mobula validate.", file=sys.stderr)
            return UNREADABLE
        configs.append(draft)
    differences = changes(*configs, rules=rules)
    if arguments.json:
        lines = [
            {"path": c.path, "old": in_words(c.old), "new": in_words(c.new), "effect": c.effect}
            for c in differences
        ]
        print(json.dumps(lines, indent=2, ensure_ascii=False))
    else:
        for change in differences:
            print(f"[{change.effect}] {sentence(change)}")
        if effect := strongest(change.effect for change in differences):
            print(f"\n{str(effect).capitalize()}: {why_of(effect, rules)}")
    return DIFFERENT if differences else SAME
