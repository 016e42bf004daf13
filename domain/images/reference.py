"""How configurations and people name an image: "train:4", "train:stable", "train"."""

from __future__ import annotations

import re

# Names are parts of addresses and of repositories: what a registry and a URL both take.
IMAGE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
# A tag that is a number would be a version.
TAG_NAME = re.compile(r"(?![0-9]+$)[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")


def wrong_image_name(name: str) -> str:
    """Return what is wrong with the name of an image, with the way out; "" where nothing is."""
    if IMAGE_NAME.fullmatch(name):
        return ""
    return (
        f"“{name}” cannot name an image. Use 1 to 63 lowercase letters, digits, '.', '_' and '-', "
        "with a letter or digit at both ends."
    )


def wrong_tag_name(name: str) -> str:
    """Return what is wrong with the name of a tag, with the way out; "" where nothing is."""
    if TAG_NAME.fullmatch(name):
        return ""
    if name.isascii() and name.isdecimal():
        return f"“{name}” is the number of a version. Use a name such as stable."
    return (
        f"“{name}” cannot name a tag. Use 1 to 63 lowercase letters, digits, '.', '_' and '-', "
        "with a letter or digit at both ends."
    )
