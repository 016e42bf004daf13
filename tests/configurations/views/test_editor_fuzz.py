"""Whatever is typed or posted, the editor answers with problems, never with a failure."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from django.http import QueryDict
from ruamel.yaml import YAML

from configurations.editor import read_edit
from configurations.editor.panel import panel_for
from configurations.models import Version
from domain.catalogue.region import ANYWHERE
from domain.configuration.spec import ComputeConfig
from domain.validation import check_text
from domain.yaml.text import dump, parse
from tests.clusters.conftest import TEXT
from tests.configurations.editor_page import ROWS, Editor
from tests.domain.configurations import GPU_WITH_FALLBACK, SCALED

POSTED, READ = 100, 3_000
FORMS_POSTED = 70
ODD = [
    *("", " ", "\n", "\t", "\x00", "\x07", "\ufeff", "\u2028", "\ud7ff", "😀", "é", "'", '"'),
    *(":", ": ", "- ", "#", "&a", "*a", "<<: *a", "!!python/object:os.system", "!tag", "%YAML 9"),
    *("{", "}", "[", "]", "|", ">", "---", "...", "?", "~", "null", "yes", "0x7f", "1e999"),
    *("-1", "9" * 40, ".inf", ".nan", "2026-01-01", "1_000", "{{ x }}", "{% x %}", "<script>"),
    *("worker_nodes:", "head_node:", "mobula:", "max_resources:", "name:", "²", "٣"),
]
ENTRIES = ["add:schedules", "add:rules", "add:budgets", "remove:s1", "remove:b0", "remove:r7"]
ROW_ACTIONS = [
    *("add:environments", "add:overrides:e0", "add:overrides:e7", "add:mounts", "add:ranks"),
    *("remove:e0", "remove:v0", "remove:m0", "remove:k1", "up:k1", "down:k0", "up:m9", "down:m0"),
]
TREES: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 2**53, 2**70, float("inf"), "", "x", "4Gi", "ray:²"),
    *([], {}, [[]], {"a": {}}, [None], {"": ""}, {"CPU": -1}, [1, "x"], {"image": 7}),
]


def mutated_text(text: str, chance: random.Random) -> str:
    """The text with one to four pieces cut out, doubled or put in."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.randint(0, 12))
        piece = chance.choice([*ODD, text[start:end] * 2])
        text = text[:start] + piece + text[end:]
    return text


def mutated_tree(tree: Any, chance: random.Random) -> Any:
    """The tree with a value somewhere exchanged, taken out or moved."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.15:
        return chance.choice(TREES)
    key = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    if chance.random() < 0.15:
        del tree[key]
    elif isinstance(tree, dict) and chance.random() < 0.1:
        tree[str(chance.choice(ODD))] = tree.pop(key)
    else:
        tree[key] = mutated_tree(tree[key], chance)
    return tree


def mutations(count: int, *, seed: int) -> Iterator[str]:
    """`count` broken configurations: half by their text, half by their tree."""
    chance = random.Random(seed)  # noqa: S311
    texts = [TEXT, TEXT, SCALED, SCALED, GPU_WITH_FALLBACK]
    trees = [YAML(typ="safe", pure=True).load(text) for text in texts]
    for number in range(count):
        if number % 2:
            yield mutated_text(chance.choice(texts), chance)
        else:
            yield json.dumps(mutated_tree(deepcopy(chance.choice(trees)), chance), indent=1)


def status_of(posted: Mapping[str, str]) -> int:
    """What the editor answers; the edge lets no text in that the database cannot store."""
    return 400 if any("\0" in value for value in posted.values()) else 200


@pytest.mark.django_db
def test_check_answers_every_mutation(editor: Editor) -> None:
    page = editor.page.fields
    for number, text in enumerate(mutations(POSTED, seed=1)):
        changes = {"text": text, "g0-max_nodes": str(number % 7)}
        posted = changes if number % 3 == 0 else {**page, **changes}
        response = editor.client.post(editor.check_url, posted)
        assert response.status_code == status_of(posted), text


@pytest.mark.django_db
@pytest.mark.parametrize("text", [TEXT, SCALED, ROWS], ids=["plain", "scaled", "rows"])
def test_check_answers_every_mutation_of_the_form(editor: Editor, text: str) -> None:
    chance = random.Random(2)  # noqa: S311
    editor.check(text=text)
    actions = ["add", "copy:g0", "remove:g0", "up:g0", "", *ENTRIES, *ROW_ACTIONS]
    for _ in range(FORMS_POSTED):
        posted = dict(editor.page.fields)
        for name in chance.sample(sorted(posted), k=3):
            posted[name] = chance.choice([*ODD, *map(str, TREES)])
        posted["base"] = "1"
        posted["do"] = chance.choice(actions)
        response = editor.client.post(editor.check_url, posted)
        assert response.status_code == status_of(posted), posted


def test_reading_and_checking_thousands_of_mutations_never_fails() -> None:
    for text in mutations(READ, seed=3):
        assert all(problem.message for problem in check_text(text, target=ANYWHERE))


@pytest.mark.django_db
def test_a_mutation_without_errors_can_be_edited_in_the_form(
    version: Version, research: Any, driver: Any
) -> None:
    """What both views show stays one: changing one field changes just that field."""
    for text in mutations(POSTED, seed=4):
        draft = parse(text).config
        if draft is None:
            continue
        posted = QueryDict(mutable=True)
        posted["text"] = text
        opened = read_edit(posted, team=research)
        assert opened.draft == draft
        assert panel_for(opened, latest=version, deployed=version).latest == version
        again = QueryDict(mutable=True)
        again.update(opened.forms.data.dict() | {"text": opened.text, "shown": opened.text})
        again.setlist("rows", [row.key for row in opened.rows])
        unchanged = read_edit(again, team=research)
        assert unchanged.text == opened.text
        again["idle_minutes"] = "7"
        edited = read_edit(again, team=research)
        block = draft.mobula.model_copy(update={"idle_minutes": 7})
        assert edited.draft == draft.replace(mobula=block)


def test_default_of_every_field_is_a_configuration() -> None:
    assert parse(dump(ComputeConfig())).draft == ComputeConfig()
