"""The addresses of images and registries; routes.py explains the table."""

from __future__ import annotations

from tests.access.route import ADMIN, ANYBODY, ENGINEER, VIEWER, Foreign, Route, Scope

PERSONAL, OWNED, CURRENT = Scope.PERSONAL, Scope.OWNED, Scope.CURRENT_TEAM
_VERSION = ("{image_version}",)
_REASON = {"reason": "It has CVE-2026-1."}
_REGISTRY = ("{registry}",)
_PLACE = {"name": "own", "host": "registry.example.org"}

IMAGES: dict[str, Route] = {
    "images/": Route(PERSONAL, get=ANYBODY),
    "images/base/": Route(PERSONAL, get=ANYBODY),
    "images/pick-base/": Route(PERSONAL, get=ANYBODY),
    # What is posted is no URI: the page says so.
    "images/register/": Route(
        PERSONAL,
        get=ANYBODY,
        post=ANYBODY,
        body={"uri": "A:B:C", "name": "new", "team": "{team}"},
        done=422,
        foreign=(Foreign(fields={"uri": "r.example.org/x:1", "team": "{team}"}, status=422),),
        foreign_query=(Foreign(fields={"image": "{image_row}"}, status=200),),
    ),
    "images/<int:pk>/": Route(OWNED, ("{image_row}",), get=VIEWER),
    "images/<int:pk>/compare/": Route(
        OWNED,
        ("{image_row}",),
        get=VIEWER,
        foreign_query=(Foreign(fields={"old": "{image_version}", "new": "1"}, status=200),),
    ),
    "images/<int:pk>/tags/": Route(
        OWNED,
        ("{image_row}",),
        post=ENGINEER,
        body={"name": "stable", "version": "{image_version}"},
        foreign=(Foreign(fields={"name": "stable", "version": "{image_version}"}, status=302),),
    ),
    "images/tags/<int:pk>/remove/": Route(OWNED, ("{image_tag}",), post=ENGINEER),
    "images/versions/<int:pk>/": Route(OWNED, _VERSION, get=VIEWER),
    "images/versions/<int:pk>/deprecate/": Route(
        OWNED,
        _VERSION,
        get=ENGINEER,
        post=ENGINEER,
        body=_REASON,
        foreign=(Foreign(fields={**_REASON, "successor": "{image_version}"}, status=422),),
    ),
    "images/versions/<int:pk>/withdraw/": Route(
        OWNED, _VERSION, get=ENGINEER, post=ENGINEER, body=_REASON
    ),
    "images/versions/<int:pk>/restore/": Route(
        OWNED, ("{withdrawn}",), get=ENGINEER, post=ENGINEER, body=_REASON
    ),
    "images/registries/": Route(PERSONAL, get=ANYBODY),
    "images/registries/new/": Route(
        CURRENT, get=ADMIN, post=ADMIN, body={**_PLACE, "kind": "oci", "team": "{team}"}
    ),
    "images/registries/<int:pk>/": Route(OWNED, _REGISTRY, get=ADMIN, post=ADMIN, body=_PLACE),
    "images/registries/<int:pk>/credentials/": Route(
        OWNED,
        _REGISTRY,
        get=ADMIN,
        post=ADMIN,
        body={"username": "ci", "password": "secret"},
    ),
    "images/registries/<int:pk>/credentials/remove/": Route(OWNED, _REGISTRY, post=ADMIN),
    "images/registries/<int:pk>/builds/": Route(
        OWNED, _REGISTRY, get=ADMIN, post=ADMIN, body={"on": "buildah"}
    ),
    # Nothing is asked of a service: they are built on this host.
    "images/registries/<int:pk>/builds/check/": Route(OWNED, _REGISTRY, post=ADMIN),
    # It is on a port where nobody listens: the page says so.
    "images/registries/<int:pk>/check/": Route(OWNED, _REGISTRY, post=ADMIN),
    "images/registries/<int:pk>/remove/": Route(OWNED, _REGISTRY, post=ADMIN),
}
