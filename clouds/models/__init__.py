from clouds.models.check import CheckLine, CloudCheck
from clouds.models.cloud import DEFAULT_CLOUD, Cloud
from clouds.models.installation import Installation
from clouds.models.refreshed import (
    CataloguePrice,
    CatalogueRate,
    CatalogueRefresh,
    CatalogueType,
    RefreshState,
)

__all__ = [
    "DEFAULT_CLOUD",
    "CataloguePrice",
    "CatalogueRate",
    "CatalogueRefresh",
    "CatalogueType",
    "CheckLine",
    "Cloud",
    "CloudCheck",
    "Installation",
    "RefreshState",
]
