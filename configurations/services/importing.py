"""Import a configuration of another tool: what becomes of it, and a draft with that."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.errors import Invalid
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from configurations.models import Draft
from configurations.services.drafts import open_draft
from domain.convert import Format, Imported, Loss, detect, imported, losses_of_notes
from domain.yaml.text import dump, modernised
from domain.yaml.tree import MAX_BYTES

_OWN = {Format.MOBULA, Format.ANYSCALE, Format.ANYSCALE_LEGACY}
_LOSSES_IN_ORIGIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a configuration of another tool becomes; nothing is saved."""

    source: Format
    found: Imported
    text: str  # for the editor; "" where it cannot be read

    @property
    def image(self) -> str:
        """The image that it names, which has to be registered here."""
        return self.found.notes.get("image", "")

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What does not carry over, the image and the version of Ray among it."""
        return (*self.found.losses, *losses_of_notes(self.found.notes, names_image=False))

    @property
    def _version(self) -> tuple[Loss, ...]:
        notes = {key: value for key, value in self.found.notes.items() if key != "image"}
        return losses_of_notes(notes, names_image=False)

    @property
    def origin(self) -> str:
        """Where it came from, and what could not be carried over."""
        losses = [*self.found.losses, *self._version][:_LOSSES_IN_ORIGIN]
        lost = " ".join(f"{loss.path}: {loss.why}" for loss in losses)
        words = [f"Imported from {self.source.label}."]
        words += (
            [f"It uses image {self.image}: register the image, then select it here."]
            if self.image
            else []
        )
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
    return ImportPreview(source=chosen, found=found, text=_own_text(text, chosen, found))


def open_import(text: str, *, source: str = "", team: Team, by: User) -> Draft:
    """Return a draft with what a text becomes; raises `Invalid` when it cannot be read."""
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    preview = preview_import(text, source=source)
    if not preview.text:
        raise Invalid.at("text", f"Could not parse this as {preview.source.label}.")
    return open_draft(team=team, by=by, text=preview.text, origin=preview.origin)


def _own_text(text: str, source: Format, found: Imported) -> str:
    """Return the text for the editor: of our own format as it was written, comments included."""
    if source in _OWN:
        return modernised(text)
    return dump(found.config) if found.config else ""
