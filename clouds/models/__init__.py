from clouds.models.cloud import Cloud
from clouds.models.refreshed import (
    CataloguePrice,
    CatalogueRate,
    CatalogueRefresh,
    CatalogueType,
    RefreshState,
)

__all__ = [
    "CataloguePrice",
    "CatalogueRate",
    "CatalogueRefresh",
    "CatalogueType",
    "Cloud",
    "RefreshState",
]
