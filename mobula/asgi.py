"""The ASGI application that the web process serves."""

import gc
import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from mobula.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")

application = behind_proxies(get_asgi_application(), trusted=settings.TRUSTED_PROXIES)

# What is loaded now stays: a collection that walks through it delays a request by 0.1 s.
gc.collect()
gc.freeze()
