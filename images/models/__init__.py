"""What the database keeps of images."""

from images.models.build import Build, BuildLog
from images.models.image import CPU_IMAGE, GPU_IMAGE, Image, ImageQuerySet, ImageTag
from images.models.inputs import BuildSecret, ContextArchive
from images.models.registry import Registry, RegistryKind, RegistryQuerySet
from images.models.version import ImageContents, ImageVersion

__all__ = [
    "CPU_IMAGE",
    "GPU_IMAGE",
    "Build",
    "BuildLog",
    "BuildSecret",
    "ContextArchive",
    "Image",
    "ImageContents",
    "ImageQuerySet",
    "ImageTag",
    "ImageVersion",
    "Registry",
    "RegistryKind",
    "RegistryQuerySet",
]
