"""The addresses of change requests and environments; routes.py explains the table."""

from __future__ import annotations

from tests.access.route import ADMIN, ENGINEER, NOBODY, VIEWER, Foreign, Route, Scope

CURRENT, OWNED = Scope.CURRENT_TEAM, Scope.OWNED
_VERSION = ("{template}", "1")
_CHANGE = ("{change}",)

# In the world's prod, a viewer is the only approver; who can edit templates may bypass checks.
PROMOTIONS: dict[str, Route] = {
    "templates/<int:pk>/versions/<int:number>/request/": Route(
        OWNED,
        _VERSION,
        get=ENGINEER,
        post=ENGINEER,
        body={"environment": "dev", "title": "More.", "strategy": "rolling"},
    ),
    "changes/": Route(CURRENT, get=VIEWER),
    "changes/<int:pk>/": Route(OWNED, _CHANGE, get=VIEWER),
    "changes/<int:pk>/approve/": Route(
        OWNED, _CHANGE, post=NOBODY, approver=True, body={"digest": "x"}
    ),
    "changes/<int:pk>/reject/": Route(
        OWNED, _CHANGE, post=NOBODY, approver=True, body={"reason": "Too soon."}
    ),
    "changes/<int:pk>/check/": Route(OWNED, _CHANGE, post=ENGINEER),
    "changes/<int:pk>/skip-checks/": Route(
        OWNED,
        _CHANGE,
        post=ENGINEER,
        body={"checks": "previous", "reason": "Nobody can train since noon."},
    ),
    "changes/<int:pk>/cancel/": Route(OWNED, _CHANGE, post=ENGINEER),
    "changes/<int:pk>/pause/": Route(OWNED, _CHANGE, post=ENGINEER),
    "changes/<int:pk>/resume/": Route(OWNED, _CHANGE, post=ENGINEER),
    "changes/<int:pk>/roll-back/": Route(
        OWNED, _CHANGE, post=ADMIN, approver=True, body={"reason": "Slow."}
    ),
    "changes/<int:pk>/comment/": Route(OWNED, _CHANGE, post=VIEWER, body={"text": "Why?"}),
    "environments/": Route(CURRENT, get=VIEWER, post=ADMIN, body={"name": "stage"}),
    "environments/<slug:environment>/": Route(
        CURRENT,
        ("prod",),
        get=VIEWER,
        post=ADMIN,
        body={
            "launch_role": "admin",
            "soak_minutes": "0",
            "expires_hours": "24",
            "workload_minutes": "30",
            "workload_usd": "10",
            "approvals": "2",
            "verify_minutes": "5",
        },
        foreign=(
            Foreign(fields={"bypass": "{user}"}, status=422),
            Foreign(fields={"clouds": "{cloud}"}, status=422),
        ),
    ),
    "environments/<slug:environment>/move/": Route(CURRENT, ("test",), post=ADMIN),
    "environments/<slug:environment>/rename/": Route(
        CURRENT, ("test",), get=ADMIN, post=ADMIN, body={"name": "qa"}
    ),
    "environments/<slug:environment>/remove/": Route(CURRENT, ("test",), get=ADMIN, post=ADMIN),
    "environments/<slug:environment>/approvers/": Route(
        CURRENT,
        ("prod",),
        post=ADMIN,
        body={"group": "others", "user": "{user}"},
        foreign=(Foreign(fields={"user": "{user}"}, status=422),),
    ),
    "environments/<slug:environment>/approvers/<int:place>/remove/": Route(
        CURRENT, ("prod", "{place}"), post=ADMIN
    ),
    "environments/<slug:environment>/groups/<int:group>/": Route(
        CURRENT, ("prod", "{group}"), post=ADMIN, body={"required": "on"}
    ),
    "environments/<slug:environment>/settings/": Route(
        CURRENT,
        ("prod",),
        get=VIEWER,
        post=ADMIN,
        body={"max_nodes": "60", "reason": "More work."},
        foreign=(
            Foreign(
                fields={"cloud": "{cloud_name}", "max_nodes": "60", "reason": "Theirs."}, status=422
            ),
        ),
    ),
    "environments/<slug:environment>/settings/<int:number>/restore/": Route(
        CURRENT, ("prod", "1"), post=ADMIN, body={"reason": "It was fine."}
    ),
    "environments/<slug:environment>/windows/": Route(
        CURRENT,
        ("prod",),
        post=ADMIN,
        body={"kind": "deny", "cron": "0 9 * * *", "minutes": "60", "time_zone": "UTC"},
    ),
    "environments/<slug:environment>/windows/<int:window>/remove/": Route(
        CURRENT, ("prod", "{window}"), post=ADMIN
    ),
}
