"""The addresses of workspaces; routes.py explains the table."""

from __future__ import annotations

from tests.access.route import ENGINEER, VIEWER, Foreign, Route, Scope

CURRENT, AUTHOR = Scope.CURRENT_TEAM, Scope.AUTHOR
_LAB = ("{workspace}",)
_NEW = {"name": "new-lab", "version": "{version}"}

WORKSPACES: dict[str, Route] = {
    "workspaces/": Route(CURRENT, get=VIEWER),
    "workspaces/new/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body=_NEW,
        foreign=(
            Foreign(fields=_NEW, status=422),
            Foreign(fields={"name": "new-lab", "image": "{image}"}, status=422),
        ),
        foreign_query=(Foreign(fields={"version": "{version}"}, status=200),),
    ),
    "workspaces/<uuid:pk>/": Route(AUTHOR, _LAB, get=ENGINEER),
    # What does not run says so on its page.
    "workspaces/<uuid:pk>/open/": Route(AUTHOR, _LAB, post=ENGINEER),
    "workspaces/<uuid:pk>/start/": Route(AUTHOR, _LAB, post=ENGINEER),
    "workspaces/<uuid:pk>/stop/": Route(AUTHOR, _LAB, post=ENGINEER),
    "workspaces/<uuid:pk>/delete/": Route(AUTHOR, _LAB, post=ENGINEER),
    "workspaces/<uuid:pk>/share/": Route(AUTHOR, _LAB, post=ENGINEER, body={"is_shared": "on"}),
    "workspaces/<uuid:pk>/clone/": Route(AUTHOR, _LAB, post=ENGINEER, body={"name": "copy"}),
    # The workspace was never started, so there is none.
    "workspaces/<uuid:pk>/file/": Route(AUTHOR, _LAB, get=ENGINEER, query={"path": "a"}, shown=404),
    "workspaces/<uuid:pk>/run/": Route(AUTHOR, _LAB, post=ENGINEER, body={"path": "train.py"}),
    # Nothing is installed in it: the form says so.
    "workspaces/<uuid:pk>/capture/": Route(
        AUTHOR,
        _LAB,
        get=ENGINEER,
        post=ENGINEER,
        body={"packages": "tiny", "image": "mine"},
        done=422,
    ),
}
