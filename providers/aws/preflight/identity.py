"""Who Mobula is in the account, and whether that may do what the driver does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of
from providers.aws.pages.policy import policy_of
from providers.aws.preflight.facts import Facts
from providers.aws.rights import FOR_CHECKS, FOR_QUEUE, IMPLIED, RIGHTS
from providers.base import BadCredentials
from providers.preflight import Finding, failed, passed, skipped

SIMULATE = "iam:SimulatePrincipalPolicy"
# These depend on a resource that is only known at a launch, or were used to sign in.
_NOT_SIMULATED = IMPLIED | {"sts:AssumeRole", "sts:GetCallerIdentity"}
_ASSUMED = re.compile(r"arn:(aws[a-z-]*):sts::(\d+):assumed-role/([^/]+)/")
_A_PAGE = 100


def check_credentials(facts: Facts) -> Finding:
    """Sign in, and say as whom."""
    try:
        answer = facts.identity()
    except BadCredentials as error:
        return failed(
            str(error), raw=code_of(error) or None, certain=True,
            way_out="Replace the credentials on the tab Credentials of the cloud.",
        )  # fmt: skip
    who = answer["Arn"].rpartition(":")[2]
    raw = {"Account": answer["Account"], "Arn": answer["Arn"]}
    return passed(f"Mobula signs in to account {answer['Account']} as {who}.", raw=raw)


def check_rights(facts: Facts) -> Finding:
    """Simulate the policies of Mobula's identity for each action of the driver."""
    arn = _principal(facts)
    if not arn:
        return skipped("IAM does not simulate the policies of root and federated users.")
    unused = frozenset() if facts.account.interruption_queue else FOR_QUEUE
    wanted = sorted(RIGHTS.keys() - FOR_CHECKS - _NOT_SIMULATED - unused)
    try:
        results = list(_simulated(facts, arn, wanted))
    except BadCredentials as error:
        if code_of(error) not in NOT_ALLOWED:
            raise
        return skipped(
            "Mobula's identity may not simulate policies. The dry runs prove the rights of "
            "launches alone.",
            way_out=f"Add {SIMULATE} to its IAM policy to have each action checked.",
        )
    raw = {row["EvalActionName"]: row["EvalDecision"] for row in results}
    everywhere = _unlimited(facts)
    wrong = [name for name, decision in raw.items() if _is_missing(name, decision, everywhere)]
    if wrong:
        names = ", ".join(wrong)
        return failed(
            f"The policies do not allow {names}.",
            way_out="Compare them with the tab Permissions of the cloud.",
            raw=raw,
        )
    limited = [name for name, decision in raw.items() if decision != "allowed"]
    told = f"The policies allow {len(raw) - len(limited)} of the driver's {len(raw)} actions."
    if limited:
        told += f" They may limit the others to resources or tags: {', '.join(limited)}."
    return passed(told, raw=raw)


def _is_missing(name: str, decision: str, everywhere: Collection[str]) -> bool:
    """Return whether a decision for all resources is one for those that Mobula uses, too."""
    return decision == "explicitDeny" or (decision != "allowed" and name in everywhere)


def _unlimited(facts: Facts) -> Collection[str]:
    """Return the actions that the policy for this account allows on every resource."""
    statements = policy_of(facts.account)["Statement"]
    return {action for one in statements if one["Resource"] == ["*"] for action in one["Action"]}


def _principal(facts: Facts) -> str:
    """Return the ARN whose policies hold for Mobula; "" where IAM simulates none."""
    arn: str = facts.identity()["Arn"]
    if match := _ASSUMED.match(arn):
        # The name of a session says nothing of the role's path; the cloud's own ARN does.
        given = facts.account.credentials.role_arn
        return given or f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}"
    return arn if ":user/" in arn else ""


def _simulated(facts: Facts, arn: str, actions: Sequence[str]) -> Iterator[Any]:
    marker: str | None = ""
    while marker is not None:
        more = {"Marker": marker} if marker else {}
        answer = facts.iam(
            "simulate_principal_policy", PolicySourceArn=arn, ActionNames=list(actions),
            MaxItems=_A_PAGE, **more,
        )  # fmt: skip
        yield from answer["EvaluationResults"]
        marker = answer.get("Marker") if answer.get("IsTruncated") else None
