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

from tests.access.promotion_routes import PROMOTIONS
from tests.access.route import ADMIN, ANYBODY, ENGINEER, SITE, VIEWER, Foreign, Route, Scope

__all__ = ["ADMIN", "ANYBODY", "ENGINEER", "ROUTES", "SITE", "VIEWER"]

OPEN, PERSONAL, CURRENT = Scope.OPEN, Scope.PERSONAL, Scope.CURRENT_TEAM
OWNED, AUTHOR, INSTALLATION = Scope.OWNED, Scope.AUTHOR, Scope.INSTALLATION

_USER = ("{user}",)
_REASON = {"reason": "They left."}
_CLOUD = {"name": "prod", "provider": "aws", "region": "us-west-2"}
_CLUSTER = ("{cluster}",)
_GROUP = ("{cluster}", "cpu")
_JOB = ("{cluster}", "{job}")
_NODE = ("{cluster}", "{node}")
_TEMPLATE = ("{template}",)
_VERSION = ("{template}", "1")
_FOREIGN_TEXTS = (
    Foreign(fields={"text": "{text}"}, status=422),  # names the cloud of another team
    Foreign(fields={"text": "{text_of_image}"}, status=422),  # and its image
)


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
    "clouds/": Route(PERSONAL, get=ANYBODY),
    "clouds/new/": Route(INSTALLATION, get=SITE, post=SITE, body=_CLOUD),
    "clouds/<int:pk>/": Route(INSTALLATION, ("{aws}",), get=SITE, post=SITE, body=_CLOUD),
    "clouds/<int:pk>/teams/": Route(
        INSTALLATION, ("{aws}",), get=SITE, post=SITE, body={"teams": "{team}"}
    ),
    "clouds/<int:pk>/history/": Route(INSTALLATION, ("{aws}",), get=SITE),
    "clouds/<int:pk>/refresh/": Route(OWNED, ("{aws}",), post=SITE),
    "images/": Route(PERSONAL, get=ANYBODY),
    "docs/": Route(PERSONAL, get=ANYBODY, query={"q": "idle"}),
    "docs/<slug:slug>/": Route(PERSONAL, ("editor",), get=ANYBODY),
    "healthz/": Route(OPEN, get=ANYBODY, post=ANYBODY, done=200, anonymous=200),
    # Its token stands in a header: who has none is nobody, whoever is signed in.
    "agent/v1/sync": Route(OPEN, post=ANYBODY, done=401, anonymous=401),
}

CONFIGURATIONS: dict[str, Route] = {
    "machines/": Route(
        CURRENT, get=VIEWER, foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),)
    ),
    "machines/picker/<int:team>/": Route(
        OWNED,
        ("{team}",),
        get=VIEWER,
        foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
    ),
    "templates/": Route(CURRENT, get=VIEWER),
    "templates/bulk/archive/": Route(
        OWNED, get=VIEWER, post=ENGINEER, query={"pk": "{template}"}, body={"pk": "{template}"}
    ),
    "templates/library/": Route(CURRENT, get=VIEWER),
    "templates/library/<slug:key>/use/": Route(CURRENT, ("single-node",), post=ENGINEER),
    "templates/import/": Route(
        CURRENT, get=ENGINEER, post=ENGINEER, body={"text": "{text}", "do": "open"}
    ),
    "templates/new/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body={"name": "new", "message": "First.", "text": "{text}"},
        foreign=(*_FOREIGN_TEXTS, Foreign(fields={"draft": "{draft}"}, status=302)),
    ),
    "templates/drafts/<int:pk>/": Route(AUTHOR, ("{draft}",), get=ENGINEER),
    "templates/drafts/<int:pk>/discard/": Route(AUTHOR, ("{draft}",), post=ENGINEER),
    "templates/check/": Route(
        CURRENT,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"draft": "{draft}"}, status=200),),
    ),
    "templates/<int:pk>/": Route(OWNED, _TEMPLATE, get=VIEWER),
    "templates/<int:pk>/edit/": Route(
        OWNED,
        _TEMPLATE,
        get=ENGINEER,
        post=ENGINEER,
        body={"base": "2", "message": "More.", "text": "{text}# more\n"},
        foreign=(*_FOREIGN_TEXTS, Foreign(fields={"draft": "{draft}"}, status=302)),
    ),
    "templates/<int:pk>/check/": Route(
        OWNED,
        _TEMPLATE,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"draft": "{draft}"}, status=200),),
    ),
    "templates/<int:pk>/archive/": Route(OWNED, _TEMPLATE, post=ENGINEER),
    "templates/<int:pk>/unarchive/": Route(OWNED, _TEMPLATE, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/": Route(
        OWNED, _VERSION, get=VIEWER, query={"with": "2"}
    ),
    "templates/<int:pk>/versions/<int:number>/clone/": Route(
        OWNED,
        _VERSION,
        get=ENGINEER,
        post=ENGINEER,
        body={"cloud": "{cloud_name}"},
        foreign=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
        foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
    ),
    "templates/<int:pk>/versions/<int:number>/export/": Route(OWNED, _VERSION, get=VIEWER),
    "templates/<int:pk>/versions/<int:number>/archive/": Route(OWNED, _VERSION, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/unarchive/": Route(OWNED, _VERSION, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/restore/": Route(OWNED, _VERSION, post=ENGINEER),
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

ROUTES: dict[str, Route] = {**ACCOUNTS, **PAGES, **CONFIGURATIONS, **CLUSTERS, **PROMOTIONS}
