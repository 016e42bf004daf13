"""Remove an environment, or give it another name."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import Invalid, WrongState, as_invalid
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from promotions.environments import locked_environment, number, saved_environments
from promotions.holds import Hold, holds_on, holds_on_name
from promotions.models import Environment
from promotions.permissions import may_manage


class InUse(WrongState):
    """Clusters or change requests need the environment; its page says which."""

    code = "environment-in-use"

    def __init__(self, message: str, *, holds: Sequence[Hold]) -> None:
        super().__init__(message)
        self.holds = holds


@transaction.atomic
def remove_environment(environment: Environment, *, by: User) -> Environment:
    """Take an environment away that nothing needs any more; return its row.

    Its releases and requests stay readable, and its name can be used again. Raises `InUse`. Open
    requests of the environment after it are checked again where they asked for this one.
    """
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    rows = saved_environments(row.team)
    if len(rows) == 1:
        raise WrongState(f"{row} is the only environment of {row.team}. Add another one first.")
    _refuse_if_held(row, holds_on(row), what="removed")
    Environment.objects.filter(pk=row.pk).update(removed_at=now())
    number([other for other in rows if other != row])
    record(
        "environment.removed",
        actor=by,
        team=row.team,
        subject=row,
        before={"name": row.name, "position": row.position},
    )
    return row


@transaction.atomic
def rename_environment(environment: Environment, *, name: str, by: User) -> Environment:
    """Give an environment another name; raises `InUse` where the old name is needed, `Invalid`."""
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    if name == row.name:
        return row
    if any(other.name == name for other in saved_environments(row.team)):
        raise Invalid.at("name", f"{row.team} already has an environment '{name}'.")
    _refuse_if_held(row, holds_on_name(row, new=name), what="renamed")
    before, row.name = row.name, name
    with as_invalid():
        row.full_clean()
    row.save(update_fields=["name"])
    record(
        "environment.renamed",
        actor=by,
        team=row.team,
        subject=row,
        before={"name": before},
        after={"name": name},
    )
    return row


def _refuse_if_held(row: Environment, holds: Sequence[Hold], *, what: str) -> None:
    if holds:
        names = ", ".join(hold.name for hold in holds[:5])
        more = f" and {len(holds) - 5} more" if len(holds) > 5 else ""
        raise InUse(f"{row} cannot be {what}: it is needed by {names}{more}.", holds=holds)
