"""The addresses of drafts and builds of images; routes.py explains the table."""

from __future__ import annotations

from providers.environments import interpreters
from tests.access.route import ENGINEER, VIEWER, Foreign, Route, Scope

CURRENT, OWNED = Scope.CURRENT_TEAM, Scope.OWNED
_DRAFT, _BUILD = ("{image_draft}",), ("{image_build}",)
_PYTHON, _REQUIREMENTS = interpreters()[0].minor, "ray[default]==2.60.0\n"
_TEXT = "FROM rayproject/ray:2.50.0-py312\n"

BUILDS: dict[str, Route] = {
    "images/new/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body={"name": "new-one", "registry": "{build_registry}", "dockerfile": _TEXT},
        foreign=(Foreign(fields={"registry": "{build_registry}"}, status=422),),
    ),
    "images/check-dockerfile/": Route(CURRENT, post=ENGINEER, body={"dockerfile": _TEXT}, done=200),
    "images/versions/<int:pk>/edit/": Route(
        OWNED,
        _DRAFT,
        get=ENGINEER,
        post=ENGINEER,
        body={"registry": "{build_registry}", "dockerfile": _TEXT},
        foreign=(Foreign(fields={"registry": "{build_registry}"}, status=422),),
    ),
    "images/new-environment/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body={"name": "new-one", "python": _PYTHON, "requirements": _REQUIREMENTS},
    ),
    "images/check-requirements/": Route(
        CURRENT, post=ENGINEER, body={"requirements": _REQUIREMENTS}, done=200
    ),
    "images/versions/<int:pk>/edit-environment/": Route(
        OWNED,
        ("{environment_draft}",),
        get=ENGINEER,
        post=ENGINEER,
        body={"python": _PYTHON, "requirements": _REQUIREMENTS},
    ),
    "images/versions/<int:pk>/context/": Route(
        OWNED, _DRAFT, post=ENGINEER, body={"kind": "git", "url": "https://example.org/a.git"}
    ),
    "images/versions/<int:pk>/secrets/": Route(
        OWNED, _DRAFT, post=ENGINEER, body={"name": "token", "value": "a-long-one"}
    ),
    "images/versions/<int:pk>/secrets/remove/": Route(
        OWNED, _DRAFT, post=ENGINEER, body={"name": "kept"}
    ),
    "images/versions/<int:pk>/discard/": Route(OWNED, _DRAFT, post=ENGINEER),
    "images/versions/<int:pk>/build/": Route(OWNED, _DRAFT, post=ENGINEER),
    "images/builds/<int:pk>/": Route(OWNED, _BUILD, get=VIEWER),
    "images/builds/<int:pk>/log/": Route(OWNED, _BUILD, get=VIEWER),
    "images/builds/<int:pk>/stream/": Route(OWNED, _BUILD, get=VIEWER, shown=204),
    "images/builds/<int:pk>/cancel/": Route(OWNED, _BUILD, post=ENGINEER),
    "images/builds/<int:pk>/retry/": Route(OWNED, _BUILD, post=ENGINEER),
}
