"""The addresses of clouds; routes.py explains the table."""

from __future__ import annotations

from tests.access.route import ANYBODY, SITE, VIEWER, Route, Scope

PERSONAL, OWNED, INSTALLATION = Scope.PERSONAL, Scope.OWNED, Scope.INSTALLATION
_CLOUD = {"name": "prod", "provider": "aws", "region": "us-west-2"}

CLOUDS: dict[str, Route] = {
    "clouds/": Route(PERSONAL, get=ANYBODY),
    "clouds/orphaned/": Route(INSTALLATION, get=SITE),
    "clouds/orphaned/remove/": Route(
        INSTALLATION, get=SITE, post=SITE, query={"pk": "{orphan}"}, body={"pk": "{orphan}"}
    ),
    "clouds/new/": Route(INSTALLATION, get=SITE, post=SITE, body=_CLOUD),
    "clouds/demo/": Route(INSTALLATION, post=SITE),
    "clouds/<int:pk>/": Route(INSTALLATION, ("{aws}",), get=SITE, post=SITE, body=_CLOUD),
    "clouds/<int:pk>/teams/": Route(
        INSTALLATION, ("{aws}",), get=SITE, post=SITE, body={"teams": "{team}"}
    ),
    "clouds/<int:pk>/settings/": Route(
        INSTALLATION, ("{aws}",), get=SITE, post=SITE, body={"key_name": "ops"}
    ),
    "clouds/<int:pk>/credentials/": Route(
        INSTALLATION, ("{aws}",), get=SITE, post=SITE, body={"profile": "mobula"}
    ),
    "clouds/<int:pk>/credentials/remove/": Route(INSTALLATION, ("{aws}",), post=SITE),
    "clouds/<int:pk>/permissions/": Route(INSTALLATION, ("{aws}",), get=SITE),
    "clouds/checks/<int:pk>/": Route(OWNED, ("{check}",), get=VIEWER),
    "clouds/<int:pk>/checks/": Route(INSTALLATION, ("{aws}",), get=SITE, post=SITE),
    "clouds/<int:pk>/history/": Route(INSTALLATION, ("{aws}",), get=SITE),
    "clouds/<int:pk>/delete/": Route(INSTALLATION, ("{aws}",), get=SITE, post=SITE),
    "clouds/<int:pk>/refresh/": Route(OWNED, ("{aws}",), post=SITE),
}
