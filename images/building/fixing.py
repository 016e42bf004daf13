"""What a click on Fix does: the Dockerfile with one problem less."""

from __future__ import annotations

import re

from domain.images.dockerfile.fixes import pinned
from domain.images.dockerfile.parsing import parse
from domain.images.dockerfile.problems import DockerfileProblem, Edit, edited
from images.building.linting import Linted
from providers.builders.base import BuildError
from providers.environments.versions import newest_versions

_PYTHON = re.compile(r"-py3(\d{1,2})(?:-|$)|^python:3\.(\d{1,2})(?:[.-]|$)")


class CannotFix(Exception):
    """The text stays as it is; the message says why, and what to do."""


def fixed(text: str, key: str, linted: Linted) -> str:
    """Return the Dockerfile after a click on the fix of a problem, named as `CODE:LINE`.

    Raises `CannotFix` where that problem is no longer there, or the package index is needed and
    does not answer.
    """
    problem = next((one for one in linted.problems if one.key == key and one.fix_label), None)
    if problem is None:
        raise CannotFix("This problem is not in the text anymore: nothing was changed.")
    edit = problem.edit or _pins(text, problem)
    return edited(text, edit)


def _pins(text: str, problem: DockerfileProblem) -> Edit:
    try:
        versions = newest_versions(problem.pins, python=_python_of(text))
    except BuildError as error:
        raise CannotFix(f"The versions are not known. {error} Write them yourself.") from error
    edit = pinned(text, problem.line or 0, versions)
    if edit is None:
        raise CannotFix("This line is too complex to change. Write the versions yourself.")
    return edit


def _python_of(text: str) -> str:
    """Return the Python that the base names, such as "3.12"; "" where it names none."""
    stages = parse(text).base_stages()
    found = _PYTHON.search(stages[-1].base.rpartition("/")[2].partition("@")[0]) if stages else None
    return f"3.{found[1] or found[2]}" if found else ""
