"""The words of an instruction's value, as a shell and a Dockerfile split them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Each branch ends at a character that no other takes: a text is read once, however it is quoted.
_WORD = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+|["'\\]""", re.DOTALL)
_COMMAND_ENDS = re.compile(r"&&|\|\||[;|&\n]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\(["\\$`])')
_PART = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^"'\\]+)|["'\\]""", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+))")


def words_of(text: str) -> list[str]:
    """Return the words of `text`, each with its quotes."""
    return _WORD.findall(text)


def unquoted(word: str) -> str:
    """Return what a word means: without its quotes and escapes; variables stay."""
    return "".join(_unquoted_part(found) for found in _PART.finditer(word))


def _unquoted_part(found: re.Match[str]) -> str:
    double, single, escaped, plain = found.groups()
    if double is not None:
        return _ESCAPED_IN_QUOTES.sub(r"\1", double)
    return single or escaped or plain or ""


def commands_of(script: str) -> Iterator[list[str]]:
    """Yield the words of each command that a shell script runs, unquoted, one after the other."""
    command: list[str] = []
    for line in script.splitlines():
        for word in words_of(line):
            if word[0] in "\"'" or not _COMMAND_ENDS.search(word):
                command.append(unquoted(word))
                continue
            first, *others = _COMMAND_ENDS.split(word)
            command.append(unquoted(first))
            for part in others:
                yield [one for one in command if one]
                command = [unquoted(part)]
        yield [one for one in command if one]
        command = []


def expanded(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its variables replaced once; "" for those that have no value."""

    def value_of(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        return values.get(name) or found[2] or ""

    return _VARIABLE.sub(value_of, text)
