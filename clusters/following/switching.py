"""A cluster takes the place of another for a release: rows only, the caller's loops do the rest.

Whoever writes here holds the change request's row, so that a switch and a roll-back never mix.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from accounts.services import record
from clusters import runs
from clusters.models import Cluster, Switch
from clusters.models.event import EventSeverity
from clusters.queries.clusters import free_name
from clusters.transitions import note
from domain.events import EventKind
from domain.lifecycle import ClusterState, ClusterTarget
from domain.promotions.states import RequestState
from domain.promotions.switches import OPEN_SWITCH_STATES, SwitchState, check_switch_move
from promotions.environments import newest
from promotions.models import ChangeRequest, Release, Rollout
from promotions.transitions import locked_rows

PREVIOUS, NEXT = "-previous", "-next"
"""How the names end: of the one that was replaced, and of the one that is still to take over."""

_RUNNING = Q(state=ClusterState.RUNNING, target=ClusterTarget.RUNNING)


def move_switch(switch: Switch, wanted: SwitchState, *, detail: str, **columns: Any) -> bool:
    """Move a switch; return False where somebody else moved it first."""
    current = SwitchState(switch.state)
    check_switch_move(current, wanted)
    values = {**columns, "state": wanted, "detail": detail[:500]}
    if not Switch.objects.filter(pk=switch.pk, state=current).update(**values):
        return False
    for name, value in values.items():
        setattr(switch, name, value)
    return True


def switch_of(request: ChangeRequest, cluster: Cluster) -> Switch | None:
    """Return the switch that replaces the cluster for the request; None: none is wanted yet."""
    return Switch.objects.filter(request=request, old=cluster).first()


@transaction.atomic
def want_switch(request: ChangeRequest, cluster: Cluster) -> Switch | None:
    """Have a cluster launched that takes this one's place; a second call changes nothing.

    None: the request is not applied any more, or is paused; or an earlier switch of the cluster
    has not ended yet.
    """
    current = _applying(request)
    if current is None or current.paused_at:
        return None
    if existing := switch_of(request, cluster):
        return existing
    if Switch.objects.filter(old=cluster, state__in=OPEN_SWITCH_STATES).exists():
        return None
    switch = Switch.objects.create(
        request=request, old=cluster, detail="A new cluster will be launched beside it."
    )
    fields = {"request": request.pk, "version": str(request.version)}
    message = f"A new cluster of {request.version} will take its place."
    note(cluster, message, kind=EventKind.CLUSTER_SWITCH_STARTED, fields=fields)
    record("cluster.switch_started", actor=None, team=cluster.team, subject=cluster, after=fields)
    return switch


def take_over(switch: Switch, *, release: Release) -> bool:
    """Give the new cluster the old one's name, its release and all new jobs, in a transaction.

    Return False, and change nothing, where one of them is not as it must be any more.
    """
    old, new = _locked_pair(switch)
    if old.target != ClusterTarget.RUNNING:
        return False
    # It has waited for this moment: its idle time begins now.
    if not runs.write(new, _RUNNING, hold_until=old.run.hold_until, idle_since=None):
        return False
    runs.write(old, Q(), hold_until=None)
    name = old.name
    _swap_names(old, new)
    moment = now()
    Cluster.objects.filter(pk=old.pk).update(replaced_by=new, release=None, wake_at=moment)
    Cluster.objects.filter(pk=new.pk).update(replaced_by=None, release=release, wake_at=moment)
    _tell(switch, old, new)
    Rollout.objects.filter(request=switch.request_id, cluster_id=old.pk).update(
        cluster_id=new.pk,
        cluster_name=name,
        state=Rollout.State.FOLLOWING,
        detail=f"Switched to {release.version}.",
        beside_id=old.pk,
        beside_name=old.name,
        beside_detail="",
        updated_at=moment,
    )
    return True


@transaction.atomic
def switch_back(request: ChangeRequest, cluster: Cluster, release: Release) -> bool:
    """Return to the cluster that this one replaced, if it still runs what the release says.

    Return False where there is none: then the cluster is brought to the release as any other.
    """
    if _applying(request) is None:
        return False
    rows = Switch.objects.filter(new=cluster, state=SwitchState.SWITCHED)
    before = rows.select_for_update(of=("self",)).select_related("old__settings").first()
    if before is None or before.old.version_id != release.version_id:
        return False
    # A cluster never goes back to earlier settings of its environment.
    if before.old.settings != newest(cluster.settings, request.settings):
        return False
    back = Switch(
        request=request,
        old=cluster,
        new=before.old,
        state=SwitchState.SWITCHED,
        switched_at=now(),
    )
    if not take_over(back, release=release):  # it writes nothing then
        return False
    detail = "A roll-back switched back to it."
    move_switch(before, SwitchState.TAKEN_BACK, detail=detail)
    tell_beside(before, detail)
    back.save()
    return True


def tell_beside(switch: Switch, words: str) -> None:
    """Say on the request's page how the cluster beside the one that follows is doing."""
    sides = Q(cluster_id=switch.old_id) | Q(cluster_id=switch.new_id)
    rows = Rollout.objects.filter(sides, request=switch.request_id).exclude(beside_detail=words)
    rows.update(beside_detail=words, updated_at=now())


def _applying(request: ChangeRequest) -> ChangeRequest | None:
    """Return the request, its row locked, while clusters are brought to its release."""
    return locked_rows().filter(pk=request.pk, state=RequestState.APPLYING).first()


def _locked_pair(switch: Switch) -> tuple[Cluster, Cluster]:
    """Return the old and the new cluster, their rows locked in one order for all."""
    rows = Cluster.objects.select_for_update(of=("self",)).select_related("run", "team")
    sides = Q(pk=switch.old_id) | Q(pk=switch.new_id)
    old, new = sorted(rows.filter(sides).order_by("pk"), key=lambda row: row.pk == switch.new_id)
    return old, new


def _swap_names(old: Cluster, new: Cluster) -> None:
    """Give the new one the old one's name, and the old one a name that says so.

    No two live clusters of a team have one name at any time, so the new one first gives up its own.
    """
    name = old.name
    _rename(new, new.handle)
    _rename(old, free_name(old.team, name, ending=PREVIOUS))
    _rename(new, name)


def _rename(cluster: Cluster, name: str) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(name=name)
    cluster.name = name


def _tell(switch: Switch, old: Cluster, new: Cluster) -> None:
    """Note the switch on both clusters and in the audit log."""
    fields = {
        "request": switch.request_id,
        "from": str(old.pk),
        "to": str(new.pk),
        "name": new.name,
    }
    kind = EventKind.CLUSTER_SWITCHED
    note(new, f"Took over the name and new jobs from {old}.", kind=kind, fields=fields)
    message = f"Another cluster is {new} now. This one is {old}, and takes no new jobs."
    note(old, message, kind=kind, fields=fields, severity=EventSeverity.WARNING)
    record(
        "cluster.switched",
        actor=None,
        team=new.team,
        subject=new,
        before={"cluster": str(old.pk)},
        after={"cluster": str(new.pk), "name": new.name, "request": switch.request_id},
    )
