"""Which images the versions of templates name: noted when they are saved, and compared with now."""

from configurations.named_images.meanings import ImageMeaning, meanings_of
from configurations.named_images.noting import note_images, references_of

__all__ = ["ImageMeaning", "meanings_of", "note_images", "references_of"]
