"""One configuration seen as a form and as YAML: what either view was changed to, in both."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict

from accounts.models import User
from clusters.editor.catalogue import Catalogue, catalogue_for
from clusters.editor.placing import Finding, place
from clusters.editor.rows import keys_of
from clusters.editor.values import group_values_of, group_with_values, values_of, with_values
from clusters.template_forms import ConfigForm, GroupForm, as_posted, changed, offer
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
    draft: ComputeConfig
    form: ConfigForm
    rows: list[Row]
    catalogue: Catalogue
    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, list[Problem]] = field(default_factory=dict)

    actions = ACTIONS

    @property
    def in_step(self) -> bool:
        """False while the form shows an earlier state, because the YAML cannot be read."""
        return self.text == self.shown

    @property
    def problems(self) -> list[Problem]:
        return [finding.problem for finding in self.findings]

    @property
    def has_errors(self) -> bool:
        return has_errors(self.problems)


def begin(text: str, *, user: User) -> Edit:
    """The editor as it opens on a text."""
    return _checked(_shown(text, _draft(parse(text))), user=user)


def read_edit(posted: QueryDict, *, user: User) -> Edit:
    """The editor after a post, whatever was posted."""
    text = _lines(posted.get("text", ""))
    if "shown" not in posted:
        return begin(text, user=user)
    shown = _lines(posted.get("shown", ""))
    was = _draft(parse(shown))
    form, rows = _bound(posted, was)
    wanted = _wanted(was, form, rows)
    if text == shown:
        return _checked(
            _from_form(posted, shown=shown, was=was, wanted=wanted, form=form, rows=rows), user=user
        )
    now = parse(text)
    if now.draft is None or now.broken:
        draft = wanted if now.draft is None else now.draft
        return _checked((text, shown, draft, form, rows), user=user)
    if wanted != was:
        draft = three_way(was, wanted, now.draft).merged
        return _checked(_shown(update_text(text, draft), draft), user=user)
    return _checked(_shown(text, now.draft), user=user)


type _State = tuple[str, str, ComputeConfig, ConfigForm, list[Row]]


def _from_form(
    posted: QueryDict,
    *,
    shown: str,
    was: ComputeConfig,
    wanted: ComputeConfig,
    form: ConfigForm,
    rows: list[Row],
) -> _State:
    """Only the form was changed: its fields stay as they were typed."""
    if wanted == was:
        return shown, shown, was, form, rows
    text = update_text(shown, wanted)
    if wanted.mobula.autoscaling != was.mobula.autoscaling:
        return _shown(text, wanted)  # other fields are shown now
    again, again_rows = _bound(posted, wanted, at=range(len(rows)))
    return text, text, wanted, again, again_rows


def _shown(text: str, draft: ComputeConfig) -> _State:
    """The state in which the form shows just what the text says."""
    data = QueryDict(mutable=True)
    data.update(as_posted(values_of(draft)))
    for index, group in enumerate(draft.groups):
        data.appendlist("rows", f"g{index}")
        data[f"g{index}-at"] = str(index)
        data.update(as_posted(group_values_of(group), prefix=f"g{index}"))
    form, rows = _bound(data, draft)
    return text, text, draft, form, rows


def _bound(
    data: QueryDict, was: ComputeConfig, *, at: range | None = None
) -> tuple[ConfigForm, list[Row]]:
    """The posted fields, each beside what it was in the configuration `was`."""
    form = ConfigForm(data, initial=values_of(was))
    rows = []
    for index, key in enumerate(keys_of(data)):
        place = index if at is not None else _place(data.get(f"{key}-at"), was)
        group = was.groups[place] if place is not None else None
        initial = group_values_of(group) if group else {}
        rows.append(Row(key, place, GroupForm(data, prefix=key, initial=initial)))
    return form, rows


def _place(text: str | None, was: ComputeConfig) -> int | None:
    if not text or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if int(text) < len(was.groups) else None


def _wanted(was: ComputeConfig, form: ConfigForm, rows: list[Row]) -> ComputeConfig:
    """The configuration with what was changed in the form, as far as that can be read."""
    new = changed(form)
    turned_off = new.get("autoscaling") is False
    groups = []
    for row in rows:
        group = was.groups[row.at] if row.at is not None else WorkerGroup()
        values = changed(row.form)
        if turned_off:
            least = values.pop("min_nodes", group.min_nodes)
            values |= {"nodes": max(1, least)}
        groups.append(group_with_values(group, values))
    return with_values(was, new, groups=groups)


def _checked(state: _State, *, user: User) -> Edit:
    """The state with all that is wrong with it, beside the fields it concerns."""
    text, shown, draft, form, rows = state
    catalogue = catalogue_for(user, cloud=draft.cloud or "", image=draft.mobula.image)
    edit = Edit(text, shown, draft, form, rows, catalogue)
    for name, choices in (
        ("cloud", catalogue.cloud_choices),
        ("image", catalogue.image_choices),
        ("head_size", catalogue.size_choices),
    ):
        offer(form, name, choices)
    for row in rows:
        offer(row.form, "size", catalogue.size_choices)
    found = [*check_text(text, target=catalogue.target), *_strangers(edit)]
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
