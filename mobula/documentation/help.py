"""Which page of docs/ explains which page of the console."""

from __future__ import annotations

# By the name of the address: the page of docs/, and perhaps its section.
HELP = {
    "home": "metering",
    "clusters:list": "states",
    "clusters:launch": "templates",
    "clusters:detail": "states",
    "clusters:job": "agent",
    "clusters:node-log": "agent",
    "clusters:bulk": "states",
    "configurations:machines": "catalog",
    "configurations:templates": "templates",
    "configurations:archive-templates": "templates",
    "configurations:template": "templates",
    "configurations:library": "templates",
    "configurations:version": "templates",
    "configurations:import-template": "import-export",
    "configurations:export-version": "import-export",
    "configurations:clone-version": "templates",
    "configurations:new-template": "editor",
    "configurations:edit-template": "editor",
    "configurations:draft": "editor",
    "promotions:requests": "promotions",
    "promotions:review": "promotions",
    "promotions:request": "promotions",
    "promotions:environments": "promotions",
    "promotions:environment": "promotions",
    "images:base-images": "images",
    "insights:utilization": "metering",
    "insights:idle": "metering",
    "insights:cost": "metering",
    "insights:scaling": "strategies",
    "insights:rates": "metering",
    "clouds:list": "catalog",
    "clouds:new": "catalog",
    "clouds:edit": "catalog",
    "clouds:teams": "accounts",
    "clouds:history": "audit",
    "accounts:account": "accounts",
    "accounts:team": "accounts",
    "accounts:users": "accounts",
    "accounts:user": "accounts",
    "accounts:audit": "audit",
}
# The tabs of a cluster's page have a page of docs/ each.
TABS = {
    "clusters:detail": {
        "scaling": "scaling",
        "events": "events",
        "configuration": "configuration",
        "jobs": "agent",
    }
}


def help_for(view: str, *, tab: str = "") -> str:
    """Return the page of docs/ for a page of the console, and "" where there is none."""
    return TABS.get(view, {}).get(tab) or HELP.get(view, "")
