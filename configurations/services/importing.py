"""Import a configuration of another tool: what becomes of it, and a draft with that."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import Invalid
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from clouds.access import no_such_cloud, way_out
from configurations.models import Draft
from configurations.services.drafts import open_draft
from configurations.services.import_clouds import best_cloud, ranked_clouds
from domain.convert import Format, Imported, Loss, detect, imported, losses_of_notes
from domain.convert.kept import Kept, kept_parts, notes_of
from domain.convert.place import Place, place_of
from domain.convert.workload import workload_of, workload_problem
from domain.limits import RATIONALE_LENGTH
from domain.problems import Step, Verb
from domain.yaml.edit import stepped
from domain.yaml.text import dump, modernised
from domain.yaml.tree import MAX_BYTES
from providers import registry

_OWN = {Format.MOBULA, Format.ANYSCALE, Format.ANYSCALE_LEGACY}
_LOSSES_IN_ORIGIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a configuration of another tool becomes; nothing is saved."""

    source: Format
    found: Imported
    text: str  # for the editor; "" where it cannot be read
    place: Place
    kept: tuple[Kept, ...]  # as notes

    @property
    def image(self) -> str:
        """The image that it names, which has to be registered here."""
        return self.found.notes.get("image", "")

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What does not carry over, the image and the version of Ray among it."""
        return (*self._lost, *losses_of_notes(self.found.notes, names_image=False))

    @property
    def _lost(self) -> tuple[Loss, ...]:
        kept = {part.path for part in self.kept}
        return tuple(loss for loss in self.found.losses if loss.path not in kept)

    @property
    def notes(self) -> str:
        """What was kept, for the rationale of the first version."""
        title = f"Imported from {self.source.label}"
        return notes_of(self.kept, title=title, longest=RATIONALE_LENGTH)

    def text_for(self, cloud: str) -> str:
        """Return the text with that cloud; "" leaves it as the file has it."""
        config = self.found.config
        if not cloud or not self.text or (config and config.cloud == cloud):
            return self.text
        step = Step(verb=Verb.SET, loc=("cloud",), value=cloud)
        return stepped(self.text, [step], must_fit=False) or self.text

    @property
    def _version(self) -> tuple[Loss, ...]:
        notes = {key: value for key, value in self.found.notes.items() if key != "image"}
        return losses_of_notes(notes, names_image=False)

    @property
    def origin(self) -> str:
        """Where it came from, and what could not be carried over."""
        losses = [*self._lost, *self._version][:_LOSSES_IN_ORIGIN]
        lost = " ".join(f"{loss.path}: {loss.why}" for loss in losses)
        if (more := len(self._lost) + len(self._version) - len(losses)) > 0:
            lost += f" And {more} more."
        words = [f"Imported from {self.source.label}."]
        words += (
            [f"It uses image {self.image}: register the image, then select it here."]
            if self.image
            else []
        )
        if self.kept:
            paths = ", ".join(part.path for part in self.kept)
            words.append(f"Kept as notes in the rationale: {paths}.")
        words += [f"Not imported: {lost}"] if lost else []
        return " ".join(words)


def preview_import(text: str, *, source: str = "") -> ImportPreview:
    """Return what a text becomes; without `source` its format is detected. Raises `Invalid`."""
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise Invalid.at("", "Choose a file, or paste a configuration.")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise Invalid.at("text", f"The configuration is larger than {MAX_BYTES:,} bytes.")
    if source and source not in set(Format):
        raise Invalid.at("source", f"Unknown format '{source}'.")
    chosen = Format(source or detect(text))
    found = imported(text, chosen)
    traits = [registry.traits_of(kind) for kind in registry.FOLDERS]
    return ImportPreview(
        source=chosen,
        found=found,
        text=_own_text(text, chosen, found),
        place=place_of(text, chosen, found.config, traits=traits),
        kept=tuple(kept_parts(text, chosen, found.losses)),
    )


def open_import(text: str, *, source: str = "", cloud: str = "", team: Team, by: User) -> Draft:
    """Return a draft with what a text becomes; raises `Invalid` when it cannot be read.

    Without `cloud` it names the one of the team's that fits the file best, if any does.
    """
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    preview = preview_import(text, source=source)
    if not preview.text:
        raise Invalid.at("text", f"Could not parse this as {preview.source.label}.")
    guesses = ranked_clouds(preview.place, team=team)
    if cloud and cloud not in {guess.cloud.name for guess in guesses}:
        hint = way_out([guess.cloud.name for guess in guesses])
        raise Invalid.at("cloud", f"{no_such_cloud(cloud, team=team)} {hint}")
    best = best_cloud(guesses)
    chosen = cloud or (best.cloud.name if best else "")
    return open_draft(
        team=team,
        by=by,
        text=preview.text_for(chosen),
        rationale=preview.notes,
        origin=preview.origin,
    )


def _own_text(text: str, source: Format, found: Imported) -> str:
    """Return the text for the editor: of our own format as it was written, comments included."""
    if source in _OWN:
        if workload_problem(text):
            return ""
        workload = workload_of(text)
        return modernised(workload.body if workload else text)
    return dump(found.config) if found.config else ""
