"""The ASGI application that the web process serves."""

import gc
import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")
django = get_asgi_application()

from mobula.edge.guard import Guard  # noqa: E402 - it imports models

application = Guard(
    django,
    connections=settings.DB_POOL,
    cookie=settings.SESSION_COOKIE_NAME,
)

# What is loaded now stays: a collection that walks through it delays a request by 0.1 s.
gc.collect()
gc.freeze()
