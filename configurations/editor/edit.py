"""One configuration seen as a form and as YAML: what either view was changed to, in both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from django.http import QueryDict

from accounts.models import Team
from clouds.models import Cloud
from configurations.checks import unknown_names
from configurations.editor.binding import (
    EditorState,
    Forms,
    bound,
    kind_of,
    state_of,
)
from configurations.editor.catalogue import Catalogue, catalogue_for, clouds_of
from configurations.editor.entries import (
    is_in_step,
    lists_with,
    scaling_with,
    shows_others,
    with_names,
)
from configurations.editor.field_errors import place
from configurations.editor.forms.base import offer
from configurations.editor.forms.cluster import ConfigForm, HeadForm, ShortGroupForm
from configurations.editor.instance import Kinds, kinds_of
from configurations.editor.lists.offers import offer_to_entry
from configurations.editor.machine_facts import describe_group, describe_head, seen_of
from configurations.editor.naming import changed_names, names_elsewhere
from configurations.editor.state import Edit, Gone
from configurations.editor.values import (
    group_with_values,
    part_of,
    settings_with,
    with_part,
    with_values,
)
from domain.configuration.following import followed, in_words
from domain.configuration.merge import three_way
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.problems import Problem, by_place, located
from domain.validation import check_text
from domain.yaml.fixes import apply_all, safely_fixed
from domain.yaml.text import Parsed, parse, update_text


def begin(text: str, *, team: Team, part: int = 0) -> Edit:
    """The editor as it opens on a text."""
    clouds = clouds_of(team)
    state = state_of(text, _draft(parse(text)), part, kinds_of(clouds))
    return _checked(state, team=team, clouds=clouds)


def read_edit(posted: QueryDict, *, team: Team) -> Edit:
    """The editor after a post, whatever was posted."""
    # A browser leaves out the text where the form shows the same.
    text = _lines(posted.get("text", posted.get("shown", "")))
    part = _number(posted.get("part"))
    if "shown" not in posted:
        return begin(text, team=team, part=part)
    shown, clouds = _lines(posted.get("shown", "")), clouds_of(team)
    kinds = kinds_of(clouds)
    was = _draft(parse(shown))
    forms = bound(posted, part_of(was, part), kinds)
    of_part, gone = _wanted(part_of(was, part), forms, others=names_elsewhere(was, part))
    wanted = with_part(was, part, of_part)
    if text == shown:
        state = _from_form(posted, shown, was, wanted, part, forms, kinds)
    else:
        state = _from_both(text, shown, was, wanted, part, forms, kinds)
    edit = _checked(state, team=team, clouds=clouds)
    edit.gone = gone
    return edit


def _from_both(
    text: str,
    shown: str,
    was: ComputeConfig,
    wanted: ComputeConfig,
    part: int,
    forms: Forms,
    kinds: Kinds,
) -> EditorState:
    """The text was changed too: both changes come together as soon as it can be read."""
    now = parse(text)
    if now.draft is None or now.broken:
        whole = wanted if now.draft is None else now.draft
        return EditorState(text, shown, whole, part, forms)
    if wanted != was:
        draft = three_way(was, wanted, now.draft).merged
        return state_of(update_text(text, draft), draft, part, kinds)
    return state_of(text, now.draft, part, kinds)


def fixed(edit: Edit, action: str, *, team: Team) -> Edit:
    """The editor after a click on `fix:3`, the fix of that problem, or on `fix:all`."""
    number = action.removeprefix("fix:")
    problems = edit.problems
    if number == "all":
        problems = safely_fixed(edit.text, problems)
    else:
        problems = problems[_number(number) : _number(number) + 1] if number.isdecimal() else []
    return begin(apply_all(edit.text, problems), team=team, part=edit.part)


def other_part(edit: Edit, action: str, *, team: Team) -> Edit:
    """The editor after a click on `part:1`: the form of that cloud resource."""
    return begin(edit.text, team=team, part=_number(action.removeprefix("part:")))


def _from_form(
    posted: QueryDict,
    shown: str,
    was: ComputeConfig,
    wanted: ComputeConfig,
    part: int,
    forms: Forms,
    kinds: Kinds,
) -> EditorState:
    """Only the form was changed: its fields stay as they were typed."""
    if wanted == was:
        return EditorState(shown, shown, was, part, forms)
    text = update_text(shown, wanted)
    now, before = part_of(wanted, part), part_of(was, part)
    other_cloud = kind_of(now, kinds) is not kind_of(before, kinds)
    other_fields = shows_others(forms.lists) or (
        now.mobula.autoscaling != before.mobula.autoscaling
    )
    other_fields = other_fields or not is_in_step(forms.lists, now)
    if other_cloud or other_fields:
        return state_of(text, wanted, part, kinds)  # other fields are shown now
    posted = with_names(posted, forms.lists, now)
    again = bound(posted, now, kinds, at=range(len(forms.rows)))
    readings = [part.reading for part in (again.config, again.head)]
    readings += [row.reading for row in again.rows]
    if any(reading.has_new_settings for reading in readings):
        # A disk that went makes room for the next: its fields mean another one now.
        return state_of(text, wanted, part, kinds)
    return EditorState(text, text, wanted, part, again)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) <= 3 else 0


def _wanted(
    was: ComputeConfig, forms: Forms, *, others: Collection[str]
) -> tuple[ComputeConfig, Gone]:
    """The configuration with what was changed in the form, as far as that can be read.

    What speaks of a group follows it, and goes with it; `others` are groups of other resources.
    """
    new = dict(forms.config.reading.changes)
    turned_off = new.get("autoscaling") is False
    groups, edits = [], []
    for row in forms.rows:
        group = row.group or WorkerGroup()
        values = dict(row.reading.changes)
        if turned_off:
            least = values.pop("min_nodes", group.min_nodes)
            values |= {"nodes": max(1, least)}
        groups.append(group_with_values(group, values) if values else group)
        edits.append(values)
    head = dict(forms.head.reading.changes)
    now = [group.name for group in groups]
    names = changed_names(was, forms.rows, now, others=others)
    base = with_values(was, new, head, groups=groups)
    _, uses = followed(base, names)
    wanted, _ = followed(lists_with(base, forms.lists), names)
    seen: set[int | None] = {None}
    for row, name, values in zip(forms.rows, now, edits, strict=True):
        copied = row.group.name if row.group and row.at in seen else name
        seen.add(row.at)
        wanted = settings_with(wanted, values, source=names.get(copied) or copied, name=name)
    scaling = scaling_with(wanted.mobula.scaling, forms.lists, names)
    wanted = wanted.replace(mobula={**dict(wanted.mobula), "scaling": scaling})
    return wanted, Gone(tuple(name for name in names if names[name] is None), in_words(uses))


def _checked(state: EditorState, *, team: Team, clouds: Sequence[Cloud]) -> Edit:
    """The state with all that is wrong with it, beside the fields it concerns."""
    draft = part_of(state.whole, state.part)
    catalogue = catalogue_for(
        team, cloud=draft.cloud or "", usable=clouds, image=draft.mobula.image
    )
    edit = Edit(state.text, state.shown, state.whole, state.part, state.forms, catalogue)
    _dress(edit, catalogue)
    found = [*check_text(state.text, target=catalogue.target), *_strangers(edit)]
    place(edit, by_place(found))
    return edit


def _dress(edit: Edit, catalogue: Catalogue) -> None:
    """Give all forms what a team may choose from, each as soon as somebody looks at it."""
    clouds, images = tuple(catalogue.cloud_choices), tuple(catalogue.image_choices)
    edit.forms.config.dressed(partial(_offer, catalogue=catalogue), offers=(clouds, images))
    head = edit.forms.head
    seen = seen_of("head", head.posted, catalogue)
    head.dressed(partial(_of_head, catalogue=catalogue), offers=seen)
    for row in edit.rows:
        row.dressed(partial(_of_group, catalogue=catalogue))
    draft = edit.draft
    groups = tuple(group.name for group in draft.groups)
    for rows in edit.forms.lists.values():
        for entry in rows:
            entry.dressed(partial(offer_to_entry, draft=draft, catalogue=catalogue), groups=groups)


def _offer(form: ConfigForm, *, catalogue: Catalogue) -> None:
    offer(form, "cloud", catalogue.cloud_choices)
    offer(form, "image", catalogue.image_choices)


def _of_head(form: HeadForm, *, catalogue: Catalogue) -> None:
    offer(form, "size", catalogue.size_choices)
    describe_head(form, catalogue)


def _of_group(form: ShortGroupForm, *, catalogue: Catalogue) -> None:
    offer(form, "size", catalogue.size_choices)
    describe_group(form, catalogue)


def _strangers(edit: Edit) -> list[Problem]:
    """The cloud, the image and the environments that the team has not."""
    marks = parse(edit.text).marks
    catalogue = edit.catalogue
    unknown = unknown_names(
        edit.draft,
        team=catalogue.team,
        clouds=catalogue.clouds,
        image=catalogue.named_image,
        images=[str(image) for image in catalogue.images],
        environments=catalogue.environments,
        target=catalogue.target,
    )
    return [located(problem, marks) for problem in unknown]


def _draft(parsed: Parsed) -> ComputeConfig:
    return parsed.draft or ComputeConfig()


def _lines(text: str) -> str:
    """Browsers end lines with two characters, whatever they were given."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
