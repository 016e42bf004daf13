"""The template editor without its pages: one configuration, as a form and as YAML at once."""

from clusters.editor.catalogue import Catalogue, catalogue_for
from clusters.editor.edit import Edit, begin, fixed, other_part, read_edit
from clusters.editor.rows import act

__all__ = ["Catalogue", "Edit", "act", "begin", "catalogue_for", "fixed", "other_part", "read_edit"]
