"""One configuration seen as a form and as YAML: what either view was changed to, in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from accounts.models import User
from clusters.editor.catalogue import Catalogue, catalogue_for
from clusters.editor.parts import names_of, part_of, with_part
from clusters.editor.placing import Finding, place
from clusters.editor.rows import keys_of
from clusters.editor.values import (
    group_values_of,
    group_with_values,
    head_values_of,
    settings_with,
    values_of,
    with_values,
)
from clusters.template_forms import ConfigForm, GroupForm, HeadForm, as_posted, changed, offer
from domain.fixes import apply_all
from domain.merge import three_way
from domain.problems import Problem, by_place, error, has_errors, located
from domain.spec import ComputeConfig, WorkerGroup
from domain.validation import check_text
from domain.yamltext import Parsed, parse, update_text


@dataclass
class Row:
    """One worker group in the form. `at` is its place in the text that the form was made from."""

    key: str
    at: int | None
    form: GroupForm
    notes: dict[str, list[Problem]] = field(default_factory=dict)
    wants_more: bool = False

    @property
    def has_more(self) -> bool:
        """Whether one of the fields that most leave alone is used here, or has an error."""
        return any(
            self.form.errors.get(name) or self.notes.get(name) or self.form.initial.get(name)
            for name in MORE_FIELDS
        )


MANY_ROWS = 10
MORE_FIELDS = (
    "need_cpu", "need_memory", "need_gpu", "need_accelerator", "need_tpu", "need_tpu_hosts",
    "need_arch", "required_labels", "resources", "labels", "idle_seconds", "threshold", "weight",
    "block", "flags", "deployment",
)  # fmt: skip

ACTIONS = (
    ("up", "Move up", "arrow-up"),
    ("down", "Move down", "arrow-down"),
    ("copy", "Duplicate", "copy"),
    ("remove", "Remove", "trash"),
)


@dataclass
class Edit:
    """What stands in the editor.

    `shown` is the text that the form was made from. While the YAML cannot be read it stays behind,
    and what both views were changed to is brought together as soon as it can.
    """

    text: str
    shown: str
    whole: ComputeConfig
    part: int  # which of several cloud resources the form shows
    forms: Forms
    catalogue: Catalogue
    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, list[Problem]] = field(default_factory=dict)
    head_notes: dict[str, list[Problem]] = field(default_factory=dict)

    actions = ACTIONS

    @property
    def draft(self) -> ComputeConfig:
        """The configuration that the form shows."""
        return part_of(self.whole, self.part)

    @property
    def form(self) -> ConfigForm:
        return self.forms.config

    @property
    def head(self) -> HeadForm:
        return self.forms.head

    @property
    def rows(self) -> list[Row]:
        return self.forms.rows

    @property
    def parts(self) -> list[str]:
        """The names of the cloud resources, where there are several."""
        return names_of(self.whole)

    @property
    def is_large(self) -> bool:
        """True if fields that most leave alone are sent only where they are asked for."""
        return len(self.rows) > MANY_ROWS

    @property
    def in_step(self) -> bool:
        """False while the form shows an earlier state, because the YAML cannot be read."""
        return self.text == self.shown

    @property
    def problems(self) -> list[Problem]:
        return [finding.problem for finding in self.findings]

    @property
    def fixes(self) -> int:
        """How many of the problems one click can mend."""
        return sum(problem.fix is not None for problem in self.problems)

    @property
    def has_errors(self) -> bool:
        return has_errors(self.problems)


@dataclass
class Forms:
    """The form's three parts, bound to what was posted."""

    config: ConfigForm
    head: HeadForm
    rows: list[Row]


@dataclass
class _State:
    text: str
    shown: str
    whole: ComputeConfig
    part: int
    forms: Forms


def begin(text: str, *, user: User, part: int = 0) -> Edit:
    """The editor as it opens on a text."""
    return _checked(_shown(text, _draft(parse(text)), part), user=user)


def read_edit(posted: QueryDict, *, user: User) -> Edit:
    """The editor after a post, whatever was posted."""
    text, part = _lines(posted.get("text", "")), _number(posted.get("part"))
    if "shown" not in posted:
        return begin(text, user=user, part=part)
    shown = _lines(posted.get("shown", ""))
    was = _draft(parse(shown))
    forms = _bound(posted, part_of(was, part))
    wanted = with_part(was, part, _wanted(part_of(was, part), forms))
    if text == shown:
        return _checked(_from_form(posted, shown, was, wanted, part, forms), user=user)
    now = parse(text)
    if now.draft is None or now.broken:
        whole = wanted if now.draft is None else now.draft
        return _checked(_State(text, shown, whole, part, forms), user=user)
    if wanted != was:
        draft = three_way(was, wanted, now.draft).merged
        return _checked(_shown(update_text(text, draft), draft, part), user=user)
    return _checked(_shown(text, now.draft, part), user=user)


def fixed(edit: Edit, action: str, *, user: User) -> Edit:
    """The editor after a click on `fix:3`, the fix of that problem, or on `fix:all`."""
    number = action.removeprefix("fix:")
    problems = edit.problems
    if number != "all":
        problems = problems[_number(number) : _number(number) + 1] if number.isdecimal() else []
    return begin(apply_all(edit.text, problems), user=user, part=edit.part)


def other_part(edit: Edit, action: str, *, user: User) -> Edit:
    """The editor after a click on `part:1`: the form of that cloud resource."""
    return begin(edit.text, user=user, part=_number(action.removeprefix("part:")))


def _from_form(
    posted: QueryDict,
    shown: str,
    was: ComputeConfig,
    wanted: ComputeConfig,
    part: int,
    forms: Forms,
) -> _State:
    """Only the form was changed: its fields stay as they were typed."""
    if wanted == was:
        return _State(shown, shown, was, part, forms)
    text = update_text(shown, wanted)
    if wanted.mobula.autoscaling != was.mobula.autoscaling:
        return _shown(text, wanted, part)  # other fields are shown now
    again = _bound(posted, part_of(wanted, part), at=range(len(forms.rows)))
    return _State(text, text, wanted, part, again)


def _shown(text: str, whole: ComputeConfig, part: int) -> _State:
    """The state in which the form shows just what the text says."""
    draft = part_of(whole, part)
    data = QueryDict(mutable=True)
    data.update(as_posted(values_of(draft)))
    data.update(as_posted(head_values_of(draft), prefix="head"))
    for index, group in enumerate(draft.groups):
        data.appendlist("rows", f"g{index}")
        data[f"g{index}-at"] = str(index)
        data.update(as_posted(group_values_of(group, draft), prefix=f"g{index}"))
    return _State(text, text, whole, part, _bound(data, draft))


def _bound(data: QueryDict, was: ComputeConfig, *, at: range | None = None) -> Forms:
    """The posted fields, each beside what it was in the configuration `was`."""
    rows, asked = [], data.getlist("more")
    for index, key in enumerate(keys_of(data)):
        place = index if at is not None else _place(data.get(f"{key}-at"), was)
        group = was.groups[place] if place is not None else None
        initial = group_values_of(group, was) if group else {}
        if key in asked and f"{key}-labels" not in data:
            # It is shown for the first time: what it is comes from the configuration.
            data = _with_more(data, key, initial)
        form = GroupForm(data, prefix=key, initial=initial)
        rows.append(Row(key, place, form, wants_more=key in asked))
    return Forms(
        config=ConfigForm(data, initial=values_of(was)),
        head=HeadForm(data, prefix="head", initial=head_values_of(was)),
        rows=rows,
    )


def _with_more(data: QueryDict, key: str, initial: Mapping[str, Any]) -> QueryDict:
    filled = data.copy()
    more = {name: initial[name] for name in MORE_FIELDS if name in initial}
    filled.update(as_posted(more, prefix=key))
    return filled


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) <= 3 else 0


def _place(text: str | None, was: ComputeConfig) -> int | None:
    if not text or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if int(text) < len(was.groups) else None


def _wanted(was: ComputeConfig, forms: Forms) -> ComputeConfig:
    """The configuration with what was changed in the form, as far as that can be read."""
    new = changed(forms.config)
    turned_off = new.get("autoscaling") is False
    groups, edits, names = [], {}, {}
    for row in forms.rows:
        group = was.groups[row.at] if row.at is not None else WorkerGroup()
        values = changed(row.form)
        if turned_off:
            least = values.pop("min_nodes", group.min_nodes)
            values |= {"nodes": max(1, least)}
        groups.append(group_with_values(group, values))
        key = group.name or row.key
        edits[key], names[key] = values, groups[-1].name
    wanted = with_values(was, new, changed(forms.head), groups=groups)
    return settings_with(wanted, edits, names)


def _checked(state: _State, *, user: User) -> Edit:
    """The state with all that is wrong with it, beside the fields it concerns."""
    draft = part_of(state.whole, state.part)
    catalogue = catalogue_for(user, cloud=draft.cloud or "", image=draft.mobula.image)
    edit = Edit(state.text, state.shown, state.whole, state.part, state.forms, catalogue)
    offer(edit.form, "cloud", catalogue.cloud_choices)
    offer(edit.form, "image", catalogue.image_choices)
    offer(edit.head, "size", catalogue.size_choices)
    for row in edit.rows:
        offer(row.form, "size", catalogue.size_choices)
    found = [*check_text(state.text, target=catalogue.target), *_strangers(edit)]
    place(edit, by_place(found))
    return edit


def _strangers(edit: Edit) -> list[Problem]:
    """The cloud and the image that a launch would not find."""
    marks = parse(edit.text).marks
    found = []
    cloud, image = edit.draft.cloud, edit.draft.mobula.image
    if cloud and cloud not in edit.catalogue.clouds:
        hint = f"Clouds: {', '.join(edit.catalogue.clouds) or 'none'}."
        found.append(error("cloud", "unknown-cloud", f"You may use no cloud '{cloud}'.", hint=hint))
    if image and ":" in image and image not in map(str, edit.catalogue.images):
        hint = f"Images: {', '.join(map(str, edit.catalogue.images)) or 'none'}."
        message = f"You may use no image '{image}'."
        found.append(error("mobula.image", "unknown-image", message, hint=hint))
    return [located(problem, marks) for problem in found]


def _draft(parsed: Parsed) -> ComputeConfig:
    return parsed.draft or ComputeConfig()


def _lines(text: str) -> str:
    """Browsers end lines with two characters, whatever they were given."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
