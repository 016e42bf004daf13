"""What people do with clouds: `from clouds.services import change_cloud`."""

from clouds.services.clouds import (
    DEMO_NAME,
    OFFERED,
    add_cloud,
    add_demo_cloud,
    change_cloud,
    request_refresh,
    share_cloud,
)
from clouds.services.credentials import remove_credentials, set_credentials
from clouds.services.removing import CloudInUse, delete_cloud
from clouds.services.settings import change_settings

__all__ = [
    "DEMO_NAME",
    "OFFERED",
    "CloudInUse",
    "add_cloud",
    "add_demo_cloud",
    "change_cloud",
    "change_settings",
    "delete_cloud",
    "remove_credentials",
    "request_refresh",
    "set_credentials",
    "share_cloud",
]
