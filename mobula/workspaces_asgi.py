"""The ASGI application of the workspaces' proxy, a web process of its own."""

import os

from django import setup
from django.conf import settings

from mobula.edge.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")
setup()

from mobula.edge.workspaces.application import Proxy  # noqa: E402 - it imports models

application = behind_proxies(Proxy(), trusted=settings.TRUSTED_PROXIES)
