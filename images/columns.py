"""The columns of the base images."""

from __future__ import annotations

from images.catalogue import in_order
from tables.columns import Column, Table

IMAGES = Table(
    name="images",
    order="-ray",
    columns=(
        Column(
            key="image",
            label="Image",
            value=lambda image: image.uri,
            cell="images/cells.html#image",
            sort=lambda image: image.uri,
            is_heading=True,
            csv={
                "uri": lambda image: image.uri,
                "repository": lambda image: image.repository,
                "tag": lambda image: image.tag,
            },
        ),
        Column(
            key="ray",
            label="Ray",
            value=lambda image: image.ray_version,
            sort=lambda image: in_order(image.ray_version),
            is_descending=True,
            csv={"ray_version": lambda image: image.ray_version},
        ),
        Column(
            key="released",
            label="Released",
            value=lambda image: image.released,
            cell="images/cells.html#released",
            sort=lambda image: image.released,
            is_descending=True,
            css="text-nowrap",
            csv={"ray_released": lambda image: image.released},
        ),
        Column(
            key="python",
            label="Python",
            value=lambda image: image.python,
            sort=lambda image: in_order(image.python),
            is_descending=True,
        ),
        Column(
            key="accelerator",
            label="Accelerator",
            value=lambda image: image.accelerator_label,
            sort=lambda image: image.accelerator,
            css="text-nowrap",
            csv={"accelerator": lambda image: image.accelerator},
        ),
        Column(
            key="variant",
            label="Variant",
            value=lambda image: image.variant.capitalize(),
            sort=lambda image: image.variant,
            csv={"size": lambda image: image.variant},
        ),
        Column(
            key="source",
            label="Source",
            value=lambda image: image.source,
            cell="images/cells.html#source",
            sort=lambda image: image.quality,
            css="text-nowrap",
            csv={
                "quality": lambda image: image.quality,
                "source": lambda image: image.source,
            },
        ),
    ),
)
