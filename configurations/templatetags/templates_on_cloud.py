"""`{% load templates_on_cloud %}`: the templates that name a cloud, for a page of clouds.

Clouds are below configurations and do not know them; their page's template may ask.
"""

from __future__ import annotations

from typing import Any

from django import template

from clouds.models import Cloud
from configurations.launchability import templates_naming

register = template.Library()


@register.inclusion_tag("configurations/templates_on_cloud.html")
def templates_on_cloud(cloud: Cloud) -> dict[str, Any]:
    """List the templates whose newest version names the cloud; nothing where there is none."""
    return {"rows": templates_naming(cloud), "cloud": cloud}
