"""Text that users read is plain American English in the words of Ray, Kubernetes and AWS."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "accounts", "agent", "clouds", "clusters", "configurations", "domain", "images", "insights",
    "metering", "mobula", "promotions", "providers", "retention", "storage", "tables",
)  # fmt: skip

# What must not appear, as a regular expression without regard to case, and what to write instead.
BETTER = {
    # American spelling
    r"(author|categor|character|custom|equal|final|general|initial|maxim|minim|normal|optim|organ"
    r"|prior|priorit|real|recogn|serial|special|standard|summar|synchron|util|visual)"
    r"is(e|es|ed|er|ers|ing|ation|ations)": "the spelling with -ize",
    r"(behavi|col|fav|hon|lab|neighb)our(s|ed|ing|ite|ites|able)?": "the spelling with -or",
    r"analys(e|ed|es|ing)": "analyze",
    r"artefacts?": "artifact",
    r"cancell(ed|ing)": "canceled, canceling",
    r"catalogues?": "catalog",
    r"centres?": "center",
    r"cheques?": "check",
    r"dialogues?": "dialog",
    r"grey": "gray",
    r"labell(ed|ing)": "labeled, labeling",
    r"licences?": "license",
    r"modell(ed|ing)": "modeled, modeling",
    r"programmes?": "program",
    r"travell(ed|ing)": "traveled, traveling",
    r"whilst|amongst": "while, among",
    r"\d+ %": "16%, without the space",
    # words of the trade
    r"(give|gives|gave|given|giving) (it |them |nodes |workers )?back": "terminate, release",
    r"(put|puts|putting) away": "archive",
    r"asked (for|of)": "requested, requested from",
    r"cools? down|cooling down|cooled down": "in cooldown, cooldown",
    r"for good": "permanently",
    r"foretell(s|ing)?|foretold": "forecast",
    r"made-up": "synthetic",
    r"(maxi|mini)ma": "maximums, minimums",
    r"mend(s|ed|ing)?": "fix",
    r"rent(s|ed|ing)?": "launch, use",
    r"starts? no more nodes": "stopped launching nodes",
    r"kept free": "spare",
    r"no word of": "no data for",
    r"unserved": "unscheduled",
    r"took the request": "launch started",
    r"vanish(es|ed)": "disappeared",
    r"way (out|to ready)": "fix, startup time",
    r"what (is )?(weighs|weighed)": "optimize for",
    r"(what|nothing|something) waits?": "pending work, no pending work",
    # plain words
    r"anew": "again, from scratch",
    r"as (it is|they are) now": "current",
    r"at once": "immediately, together",
    r"by (itself|themselves)": "automatically",
    r"(can(not)?|could(n't)?) be had": "is (not) available, has (no) capacity",
    r"dear(er|est)?": "expensive, more expensive",
    r"doors?": "endpoint, entry point",
    r"further off": "above this error",
    r"had no turn": "was not evaluated this round",
    r"holds now": "in effect",
    r"in earnest": "fully",
    r"is over": "ended, has passed",
    r"is to be": "target state",
    r"lets? (it|them|nothing|nodes)? ?not go": "blocks, blocked by",
    r"look(s|ed|ing)? (at it|again)": "preview, check again",
    r"may not do": "don't have access",
    r"nobody": "no one, no user",
    r"nothing (runs|happens|cools)": "no running clusters, no events",
    r"of now": "current",
    r"somebody": "a user, someone",
    r"so (many|much|long)(?! (that|as))": "the number, the amount, the time",
    r"told": "reported, sent, given",
    r"was pressed": "by the user",
    r"whoever": "anyone who, the user who",
    r"without being asked": "Mobula did not do it",
    r"would be another": "would differ",
}
BANNED = [
    (re.compile(rf"(?<![\w-])(?:{words})(?![\w-])".replace(" ", r"\s+"), re.IGNORECASE), better)
    for words, better in BETTER.items()
]
READ_ATTRIBUTES = re.compile(r'\b(?:alt|aria-label|placeholder|title)="([^"]*)"')
QUOTED = re.compile(r'"([^"]*)"')

type Text = tuple[int, str]  # the line it begins at


def test_templates() -> None:
    assert not list(_bad(_files("templates", "*.html"), read=_template))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_pages_of_the_repository(page: str) -> None:
    assert not list(_bad([ROOT / page], read=_prose))


def test_documentation() -> None:
    assert not list(_bad(_files("docs", "*.md"), read=_prose))


def test_scripts() -> None:
    assert not list(_bad(_files("assets", "*.js"), read=_script))


@pytest.mark.parametrize("package", PACKAGES)
def test_messages_of(package: str) -> None:
    assert not list(_bad(_files(package, "*.py"), read=_messages))


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("The node is given back.", "terminate, release"),
        ("Utilisation, 16 %", "the spelling with -ize"),
        ("Mend it.", "fix"),
    ],
)
def test_a_finding_names_its_place_and_a_better_word(
    tmp_path: Path, text: str, better: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n{text}\n")
    finding, *_ = _bad([page], read=_prose)
    assert finding.startswith(f"{page}:3: ")
    assert finding.endswith(f"write: {better}")


def test_code_is_no_text() -> None:
    assert not list(_markup('<a class="told" href="{% url "told" %}">{{ row.told }}</a>'))
    assert [text for _, text in _markup('<a title="Hello">{% x with y="there" %}</a>')] == [
        "Hello",
        "there",
    ]


def _files(folder: str, pattern: str) -> list[Path]:
    files = sorted((ROOT / folder).rglob(pattern))
    return [file for file in files if "migrations" not in file.parts]


def _bad(files: list[Path], *, read: Callable[[str], Iterator[Text]]) -> Iterator[str]:
    for file in files:
        place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        for line, text in read(file.read_text(encoding="utf-8")):
            for pattern, better in BANNED:
                for found in pattern.finditer(text):
                    at = line + text.count("\n", 0, found.start())
                    yield f"{place}:{at}: {found.group()!r}, write: {better}"


def _template(source: str) -> Iterator[Text]:
    yield from _markup(re.sub(r"\{#.*?#\}", "", source))


def _markup(source: str) -> Iterator[Text]:
    """Return what a reader sees or hears of a template: text, some attributes, arguments."""
    for at, line in enumerate(source.splitlines(), 1):
        arguments = [
            argument
            for tag in re.findall(
                r"\{%(?! (?:url|url_or_blank|icon|if|elif|load|extends) ).*?%\}", line
            )
            for argument in QUOTED.findall(tag)
            if not argument.endswith(".html")
        ]
        bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", line)
        texts = [*READ_ATTRIBUTES.findall(bare), re.sub(r"<[^>]*>|<.*$|^[^<]*>", " ", bare)]
        yield from ((at, text) for text in [*texts, *arguments] if text.strip())


def _prose(source: str) -> Iterator[Text]:
    """Return a page's text without code and without the addresses of its links."""
    lines, fenced = [], False
    for line in source.splitlines():
        is_fence = line.lstrip().startswith("```")
        fenced ^= is_fence
        lines.append("" if fenced or is_fence or line.startswith("        ") else line)
    yield 1, re.sub(r"`[^`\n]*`|\]\([^)\n]*\)|<[^>\n]*>", "", "\n".join(lines))


def _script(source: str) -> Iterator[Text]:
    for at, line in enumerate(source.splitlines(), 1):
        for quoted in re.findall(r'"[^"]*"|`[^`]*`', line.partition("// ")[0]):
            if " " in quoted:
                yield at, quoted


def _messages(source: str) -> Iterator[Text]:
    """Return the texts of more than one word in a module, less docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in docstrings and " " in node.value.strip():
            yield node.lineno, node.value
