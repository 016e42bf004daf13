"""Whether a change request is approved: whose approvals count, and which are missing.

An approval counts for the digest that was looked at and for the approver's place on the list of
approvers at that moment: who leaves the list and comes back has to approve again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverGroup:
    """People who can approve; of a required group at least one has to.

    `places` are the places on the list that are taken now, with the person at each.
    """

    name: str
    required: bool = False
    places: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenApproval:
    """One approval: who, from which places on the list, of what."""

    person: int
    places: frozenset[int]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """What an environment asks for before a version is released there."""

    needed: int = 0
    groups: Sequence[ApproverGroup] = ()
    forbid_author: bool = True
    forbid_last_editor: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a request is from being approved."""

    counted: frozenset[int]  # the people whose approval counts
    missing: int
    missing_groups: tuple[str, ...]

    @property
    def approved(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and not self.missing_groups

    @property
    def words(self) -> str:
        """What is missing, as a sentence; "" once nothing is."""
        parts = []
        if self.missing:
            parts.append(f"{self.missing} more approval{'' if self.missing == 1 else 's'}")
        parts += [f"an approval from {name}" for name in self.missing_groups]
        return f"Needs {' and '.join(parts)}." if parts else ""


def standing(
    rule: ApprovalRule,
    given: Iterable[GivenApproval],
    *,
    digest: str,
    barred: Iterable[int] = (),
    active: Iterable[int],
) -> Standing:
    """Return how a request stands.

    `barred` are the people whose approval cannot count (see `barred_from`); `active` those with
    an account that is active and a place in the team.
    """
    able = set(active) - set(barred)
    current = [g for g in given if g.digest == digest and g.person in able]
    counted: dict[str, set[int]] = {group.name: set() for group in rule.groups}
    for approval in current:
        for group in rule.groups:
            places = {place for place, person in group.places.items() if person == approval.person}
            if places & approval.places:
                counted[group.name].add(approval.person)
    people = frozenset().union(*counted.values())
    return Standing(
        counted=people,
        missing=max(rule.needed - len(people), 0),
        missing_groups=tuple(
            group.name for group in rule.groups if group.required and not counted[group.name]
        ),
    )


def mailbox_of(address: str) -> str:
    """Return the mailbox that an address delivers to: in lower case, without a "+tag".

    Two accounts with one mailbox are one person (RFC 5233, subaddresses).
    """
    local, at, host = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{host}"


def barred_from(
    rule: ApprovalRule, *, author: str, last_editor: str, addresses: Mapping[int, str]
) -> frozenset[int]:
    """Return the people, of those in `addresses`, who cannot approve because of what they did."""
    barred = set()
    if rule.forbid_author:
        barred.add(mailbox_of(author))
    if rule.forbid_last_editor:
        barred.add(mailbox_of(last_editor))
    return frozenset(
        person for person, address in addresses.items() if mailbox_of(address) in barred
    )
