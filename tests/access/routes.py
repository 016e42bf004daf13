"""The table of every address: who may read it, who may post to it, and which ids it takes.

A new address needs an entry here, under its pattern as `urls.py` writes it, with the prefixes of
the `include` above it. `test_table.py` fails until it has one, and then asks it of everybody.

    "clusters/<uuid:pk>/stop/": Route(Scope.OWNED, ("{cluster}",), post=ENGINEER)

- `scope` says whose things it shows, and so what strangers get: see `Scope`.
- The arguments of the address, `query` and `body` may name things of the world: `{cluster}`,
  `{job}`, `{template}`, `{version}`, `{draft}`, `{member}`, `{team}`, `{cloud}`, `{image}`, ...
  (`world.py` has them all; a new kind of thing needs a row there).
- `get` and `post` are the least roles that may; None: the method is not allowed.
- `done` is the status of a POST that is allowed.
- `foreign` has what is posted with the ids of another team: fields, and the status of the refusal.
- `foreign_query` is the same for what stands behind the `?`.
"""

from __future__ import annotations

from tests.access.cloud_routes import CLOUDS
from tests.access.configuration_routes import CONFIGURATIONS
from tests.access.image_routes import IMAGES
from tests.access.machine_routes import MACHINES
from tests.access.promotion_routes import PROMOTIONS
from tests.access.route import ADMIN, ANYBODY, ENGINEER, SITE, VIEWER, Foreign, Route, Scope
from tests.clusters.workspaces.routes import WORKSPACES
from tests.images.building.routes import BUILDS

__all__ = ["ADMIN", "ANYBODY", "ENGINEER", "ROUTES", "SITE", "VIEWER"]

OPEN, PERSONAL, CURRENT = Scope.OPEN, Scope.PERSONAL, Scope.CURRENT_TEAM
OWNED, AUTHOR, INSTALLATION = Scope.OWNED, Scope.AUTHOR, Scope.INSTALLATION

_USER = ("{user}",)
_REASON = {"reason": "They left."}
_CLUSTER = ("{cluster}",)
_GROUP = ("{cluster}", "cpu")
_JOB = ("{cluster}", "{job}")
_NODE = ("{cluster}", "{node}")


def _foreign_cluster(status: int = 404) -> tuple[Foreign, ...]:
    return (Foreign(fields={"cluster": "{cluster}"}, status=status),)


ACCOUNTS: dict[str, Route] = {
    "accounts/sign-in/": Route(OPEN, get=ANYBODY, post=ANYBODY, shown=302, anonymous=200),
    "accounts/sign-out/": Route(OPEN, post=ANYBODY),
    "accounts/link/<str:token>/": Route(
        OPEN, ("x",), get=ANYBODY, post=ANYBODY, shown=410, done=410, anonymous=410
    ),
    "accounts/": Route(
        PERSONAL, get=ANYBODY, post=ANYBODY, body={"name": "New name", "theme": "dark"}
    ),
    "accounts/password/": Route(PERSONAL, post=ANYBODY, done=422, get_elsewhere=True),
    "accounts/sessions/<int:pk>/end/": Route(
        AUTHOR, ("{session}",), post=ENGINEER, get_elsewhere=True
    ),
    "accounts/sessions/end-others/": Route(PERSONAL, post=ANYBODY, get_elsewhere=True),
    "accounts/switch-team/": Route(
        CURRENT,
        post=VIEWER,
        body={"team": "{team}"},
        no_team=404,
        foreign=(Foreign(fields={"team": "{team}"}, status=404),),
    ),
    "accounts/team/": Route(CURRENT, get=VIEWER),
    "accounts/team/new/": Route(INSTALLATION, post=SITE, body={"name": "New"}, get_elsewhere=True),
    "accounts/team/invite/": Route(
        CURRENT,
        post=ADMIN,
        body={"email": "new@example.org", "role": "viewer"},
        done=200,
        get_elsewhere=True,
    ),
    "accounts/team/members/<int:pk>/role/": Route(
        OWNED, ("{member}",), post=ADMIN, body={"role": "engineer"}
    ),
    "accounts/team/members/<int:pk>/remove/": Route(OWNED, ("{member}",), post=ADMIN),
    "accounts/team/members/<int:pk>/link/": Route(
        OWNED, ("{member}",), post=ADMIN, done=200, get_elsewhere=True
    ),
    "accounts/users/": Route(INSTALLATION, get=SITE),
    "accounts/users/<int:pk>/": Route(INSTALLATION, _USER, get=SITE),
    "accounts/users/<int:pk>/deactivate/": Route(INSTALLATION, _USER, post=SITE, body=_REASON),
    "accounts/users/<int:pk>/activate/": Route(INSTALLATION, _USER, post=SITE, body=_REASON),
    "accounts/users/<int:pk>/end-sessions/": Route(INSTALLATION, _USER, post=SITE),
    "accounts/users/<int:pk>/sessions/<int:session>/end/": Route(
        INSTALLATION, ("{user}", "{session}"), post=SITE
    ),
    "accounts/columns/<slug:table>/": Route(PERSONAL, ("clusters",), post=ANYBODY),
    "accounts/audit/": Route(
        CURRENT,
        get=ADMIN,
        foreign_query=(
            Foreign(fields={"subject": "{cluster}"}, status=200),
            Foreign(fields={"kind": "cluster", "subject": "{cluster}"}, status=200),
            Foreign(fields={"subject": "{cluster}", "format": "csv"}, status=200),
            Foreign(fields={"actor": "@", "format": "jsonl"}, status=200),
        ),
    ),
}

PAGES: dict[str, Route] = {
    "": Route(CURRENT, get=VIEWER),
    "insights/utilization/": Route(CURRENT, get=VIEWER, foreign_query=_foreign_cluster()),
    "insights/test-runs/<int:pk>/": Route(OWNED, ("{test_run}",), get=VIEWER),
    "insights/idle/": Route(CURRENT, get=VIEWER),
    "insights/cost/": Route(CURRENT, get=VIEWER, foreign_query=_foreign_cluster()),
    "insights/scaling/": Route(
        OWNED, get=VIEWER, query={"cluster": "{cluster}"}, foreign_query=_foreign_cluster()
    ),
    "insights/rates/": Route(
        PERSONAL,
        get=ANYBODY,
        post=SITE,
        body={"usd_per_cpu_hour": "1", "usd_per_gib_hour": "1", "usd_per_gpu_hour": "1"},
    ),
    "docs/": Route(PERSONAL, get=ANYBODY, query={"q": "idle"}),
    "docs/pictures/<slug:name>.png": Route(PERSONAL, ("promotion-review",), get=ANYBODY),
    "docs/<slug:slug>/": Route(PERSONAL, ("editor",), get=ANYBODY),
    "healthz/": Route(OPEN, get=ANYBODY, post=ANYBODY, done=200, anonymous=200),
}

CLUSTERS: dict[str, Route] = {
    "clusters/": Route(CURRENT, get=VIEWER),
    "clusters/launch/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body={"name": "new", "version": "{version}"},
        foreign=(Foreign(fields={"version": "{version}"}, status=422),),
        foreign_query=(Foreign(fields={"version": "{version}"}, status=200),),
    ),
    "clusters/launch/preview/": Route(
        CURRENT,
        get=VIEWER,
        query={"version": "{version}"},
        foreign_query=(Foreign(fields={"version": "{version}"}, status=200),),
    ),
    "clusters/launch/checks/": Route(
        CURRENT,
        post=ENGINEER,
        body={"version": "{version}"},
        done=200,
        foreign=(Foreign(fields={"version": "{version}"}, status=404),),
    ),
    "clusters/bulk/<bulk:operation>/": Route(
        OWNED,
        ("stop",),
        get=VIEWER,
        post=ENGINEER,
        query={"pk": "{cluster}"},
        body={"pk": "{cluster}"},
    ),
    "clusters/launch/library/<slug:key>/": Route(CURRENT, ("local-quick-start",), post=ENGINEER),
    "clusters/<uuid:pk>/": Route(OWNED, _CLUSTER, get=VIEWER),
    "clusters/<uuid:pk>/<table:table>.csv": Route(OWNED, ("{cluster}", "events"), get=VIEWER),
    "clusters/<uuid:pk>/stop/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/start/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/terminate/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/hold/": Route(OWNED, _CLUSTER, post=ENGINEER, body={"hours": "1"}),
    "clusters/<uuid:pk>/update/": Route(
        OWNED,
        _CLUSTER,
        post=ENGINEER,
        body={"version": "{version_2}"},
        foreign=(Foreign(fields={"version": "{version_2}"}, status=302),),
    ),
    "clusters/<uuid:pk>/update/preview/": Route(
        OWNED,
        _CLUSTER,
        get=VIEWER,
        query={"version": "{version_2}"},
        foreign_query=(Foreign(fields={"version": "{version_2}"}, status=200),),
    ),
    "clusters/<uuid:pk>/replace/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/replace/pause/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/bring-back/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/draft/": Route(OWNED, _CLUSTER, post=ENGINEER),
    "clusters/<uuid:pk>/limits/": Route(
        OWNED, _CLUSTER, post=ENGINEER, body={"idle_minutes": "45", "max_lifetime_minutes": ""}
    ),
    "clusters/<uuid:pk>/relaunch/": Route(
        OWNED,
        _CLUSTER,
        post=ENGINEER,
        body={"version": "{version_2}"},
        foreign=(Foreign(fields={"version": "{version_2}"}, status=302),),
    ),
    "clusters/<uuid:pk>/groups/<str:group>/resize/": Route(
        OWNED,
        _GROUP,
        get=VIEWER,
        shown=302,
        post=ENGINEER,
        body={"cpu-min_nodes": "0", "cpu-max_nodes": "3"},
    ),
    "clusters/<uuid:pk>/groups/<str:group>/again/": Route(OWNED, _GROUP, post=ENGINEER),
    "clusters/<uuid:pk>/groups/<str:group>/rule/enable/": Route(OWNED, _GROUP, post=ENGINEER),
    "clusters/<uuid:pk>/groups/<str:group>/rule/disable/": Route(OWNED, _GROUP, post=ENGINEER),
    "clusters/<uuid:pk>/what-if/": Route(OWNED, _CLUSTER, get=VIEWER),
    "clusters/<uuid:pk>/nodes/<slug:name>/log/": Route(OWNED, _NODE, get=VIEWER),
    "clusters/<uuid:pk>/nodes/<slug:name>/log/text/": Route(
        OWNED, _NODE, get=VIEWER, query={"file": "start.log"}
    ),
    "clusters/<uuid:pk>/nodes/<slug:name>/log/follow/": Route(OWNED, _NODE, post=VIEWER, done=204),
    "clusters/<uuid:pk>/workloads/<str:key>/": Route(
        OWNED,
        ("{cluster}", "cpu_tasks"),
        post=ENGINEER,
        body={"cpu_tasks-tasks": "1", "cpu_tasks-cpus": "1", "cpu_tasks-seconds": "0"},
    ),
    "clusters/<uuid:pk>/jobs/<int:job_id>/": Route(OWNED, _JOB, get=VIEWER),
    "clusters/<uuid:pk>/jobs/<int:job_id>/log/": Route(OWNED, _JOB, get=VIEWER),
    "clusters/<uuid:pk>/jobs/<int:job_id>/stop/": Route(OWNED, _JOB, post=ENGINEER),
}

ROUTES: dict[str, Route] = {
    **ACCOUNTS, **PAGES, **CLOUDS, **CONFIGURATIONS, **CLUSTERS, **PROMOTIONS, **MACHINES,
    **BUILDS, **IMAGES, **WORKSPACES,
}  # fmt: skip
