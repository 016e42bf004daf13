"""How services of promotions are called, but for `by`; tests/test_services.py has the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.promotions.overlay import Overlay

type Row = tuple[tuple[Any, ...], dict[str, Any]]

# Each gets the `Things` of tests/test_services.py.
PROMOTIONS: dict[str, Callable[[Any], Row]] = {
    "promotions.services.approvals.approve": lambda t: ((t.change,), {"digest": "x"}),
    "promotions.services.approvals.reject": lambda t: ((t.change,), {"reason": "Too soon."}),
    "promotions.services.environments.add_approver": lambda t: (
        (t.prod,),
        {"group": "leads", "user": t.alice},
    ),
    "promotions.services.environments.add_environment": lambda t: ((t.team,), {"name": "stage"}),
    "promotions.services.environments.add_window": lambda t: (
        (t.prod,),
        {"kind": "deny", "cron": "0 9 * * *", "minutes": 60},
    ),
    "promotions.services.environments.change_rules": lambda t: (
        (t.prod,),
        {"values": {"approvals": 0}},
    ),
    "promotions.services.environments.move_environment": lambda t: ((t.prod,), {"earlier": True}),
    "promotions.services.removing.remove_environment": lambda t: ((t.prod,), {}),
    "promotions.services.removing.rename_environment": lambda t: ((t.prod,), {"name": "live"}),
    "promotions.services.environments.remove_approver": lambda t: ((t.place,), {}),
    "promotions.services.environments.remove_window": lambda t: ((t.window,), {}),
    "promotions.services.environments.require_group": lambda t: ((t.group,), {"required": True}),
    "promotions.services.releases.pause": lambda t: ((t.change,), {}),
    "promotions.services.releases.resume": lambda t: ((t.change,), {}),
    "promotions.services.releases.roll_back": lambda t: ((t.change,), {"reason": "Too slow."}),
    "promotions.services.requests.cancel_request": lambda t: ((t.change,), {}),
    "promotions.services.requests.check_request": lambda t: ((t.change,), {}),
    "promotions.services.requests.comment_on": lambda t: ((t.change,), {"text": "Why?"}),
    "promotions.services.requests.request_change": lambda t: (
        (t.version,),
        {"environment": "prod", "title": "More."},
    ),
    "promotions.services.requests.skip_checks": lambda t: (
        (t.change,),
        {"checks": ["previous"], "reason": "Nobody can train since noon."},
    ),
    "promotions.services.settings.restore_settings": lambda t: (
        (t.prod,),
        {"number": 1, "reason": "It was fine."},
    ),
    "promotions.services.settings.save_settings": lambda t: (
        (t.prod,),
        {"overlay": Overlay(max_nodes=9), "reason": "Less work."},
    ),
}
