"""The ASGI application that the web process serves."""

import gc
import os
from typing import cast

from django.conf import settings
from django.core.asgi import get_asgi_application

from mobula.edge.asgi import Application
from mobula.edge.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")
django = cast("Application", get_asgi_application())

from mobula.edge.guard import Guard  # noqa: E402 - it imports models

# The guard counts by address: it comes after what says whose address counts.
application = behind_proxies(
    Guard(django, connections=settings.DB_POOL, cookie=settings.SESSION_COOKIE_NAME),
    trusted=settings.TRUSTED_PROXIES,
)

# What is loaded now stays: a collection that walks through it delays a request by 0.1 s.
gc.collect()
gc.freeze()
