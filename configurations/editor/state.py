"""What stands in the editor: one configuration as both views show it, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from configurations.editor.binding import MANY_ROWS, Forms
from configurations.editor.catalogue import Catalogue
from configurations.editor.entries import EntryList, shown_lists
from configurations.editor.fields import SECTIONS
from configurations.editor.forms.cluster import ConfigForm, HeadForm
from configurations.editor.group_rows import GroupFormRow
from configurations.editor.instance import TypedSettings
from configurations.editor.lists.entry import Entry
from configurations.editor.values import names_of, part_of
from domain.configuration.spec import ComputeConfig
from domain.problems import Problem, Severity, has_errors
from domain.validation.scaling.windows import zone_names
from providers import registry

ACTIONS = (
    ("up", "Move up", "arrow-up"),
    ("down", "Move down", "arrow-down"),
    ("copy", "Duplicate", "copy"),
    ("remove", "Remove", "trash"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the id of the field in the form that shows the value; "" without one."""

    problem: Problem
    field_id: str = ""
    section: str = ""
    is_safe: bool = False  # its fix loses nothing; else it is a suggestion

    @property
    def tone(self) -> str:
        """Its colour: bad, warn or busy."""
        tones = {Severity.ERROR: "bad", Severity.WARNING: "warn"}
        return tones.get(self.problem.severity, "busy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section as the navigation shows it."""

    key: str
    label: str
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The groups that an edit removed, and what went with them, in words."""

    groups: tuple[str, ...] = ()
    also: str = ""


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
    gone: Gone = field(default_factory=Gone)

    actions = ACTIONS

    @property
    def draft(self) -> ComputeConfig:
        """The configuration that the form shows."""
        return part_of(self.whole, self.part)

    @property
    def form(self) -> ConfigForm:
        return self.forms.config.form

    @property
    def head(self) -> HeadForm:
        return self.forms.head.form

    @property
    def typed(self) -> TypedSettings | None:
        """The typed settings of the whole cluster's instance configuration."""
        return self.forms.config.typed

    @property
    def why_untyped(self) -> str:
        """Why there are no typed settings, if there are none."""
        if self.draft.cloud and self.catalogue.target.provider is not None:
            return f"Cloud {self.draft.cloud} has no instance settings."
        kinds = registry.kinds_with(lambda traits: traits.settings is not None)
        *names, last = [kind.label for kind in kinds]
        return f"Select a cloud on {', '.join(names)} or {last} to see its instance settings."

    @property
    def head_typed(self) -> TypedSettings | None:
        return self.forms.head.typed

    @property
    def rows(self) -> list[GroupFormRow]:
        return self.forms.rows

    @property
    def lists(self) -> dict[str, list[EntryList]]:
        """What the page shows as rows, by the section in which it stands."""
        found: dict[str, list[EntryList]] = {}
        for one in shown_lists(self.forms.lists):
            found.setdefault(one.kind.section, []).append(one)
        return found

    @property
    def override_keys(self) -> str | None:
        """The group overrides of all environments, as they are posted; None where none is shown."""
        rows = self.forms.lists.get("overrides")
        return None if rows is None else ",".join(row.key for row in rows)

    @property
    def zone_names(self) -> tuple[str, ...]:
        """The time zones that a window may name."""
        return zone_names()

    @property
    def schedules(self) -> list[Entry]:
        return self.forms.lists.get("schedules", [])

    @property
    def rules(self) -> list[Entry]:
        return self.forms.lists.get("rules", [])

    @property
    def budgets(self) -> list[Entry]:
        return self.forms.lists.get("budgets", [])

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
    def sections(self) -> list[Section]:
        """All sections with the number of what was found there."""
        found = Counter((finding.section, finding.tone) for finding in self.findings)
        return [
            Section(key=key, label=label, errors=found[key, "bad"], warnings=found[key, "warn"])
            for key, label in SECTIONS.items()
        ]

    @property
    def fixes(self) -> int:
        """How many of the problems one click on "Fix all" mends: those that lose nothing."""
        return sum(finding.is_safe for finding in self.findings)

    @property
    def has_errors(self) -> bool:
        return has_errors(self.problems)
