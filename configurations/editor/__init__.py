"""The template editor without its pages: one configuration, as a form and as YAML at once."""

from configurations.editor.catalogue import Catalogue, catalogue_for
from configurations.editor.edit import begin, fixed, other_part, read_edit
from configurations.editor.rows import act
from configurations.editor.state import Edit

__all__ = ["Catalogue", "Edit", "act", "begin", "catalogue_for", "fixed", "other_part", "read_edit"]
