"""Dry runs: the very calls of a launch, of which EC2 only says whether it would carry them out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from providers.aws import tags
from providers.aws.errors import code_of, message_of
from providers.aws.preflight.drafts import HANDLE, call_of, user_data_of
from providers.aws.preflight.facts import Facts
from providers.aws.preflight.findings import mask
from providers.base import (
    CapacityUnavailable,
    InvalidRequest,
    ProviderError,
    QuotaExceeded,
)
from providers.preflight import Finding, Wanted, WantedGroup, failed, passed, warned

WOULD = "DryRunOperation"
_CORRECT = "Correct the group's raw configuration, or the cloud's settings."
ONLY = "A dry run proves permissions and parameters, not capacity."
_DENIED = re.compile(
    r"not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<resource>\S+))?(?: (?P<why>because .+?))?"
    r"(?:\.? Encoded|\.?$)"
)
_ENCODED = re.compile(r"Encoded authorization failure message: (?P<text>\S+)")


def dry_run_launch(facts: Facts, group: WantedGroup, wanted: Wanted) -> Finding:
    """Ask EC2 for the group's machines, without getting them."""
    hardware = facts.hardware(group.types[0])
    try:
        call = call_of(
            group,
            facts.account,
            hardware=hardware,
            image=facts.image(hardware),
            user_data=user_data_of(group, facts.account, wanted),
        )
    except (InvalidRequest, CapacityUnavailable) as error:
        return failed(str(error), way_out=_CORRECT, certain=True)
    finding = _dry_run(facts, "run_instances", call, right="ec2:RunInstances")
    if finding is not None:
        return finding
    count = f"{call['MaxCount']} × " if call["MaxCount"] > 1 else ""
    what = f"{count}{group.types[0]} ({group.market.label.lower()})"
    own = "" if call.get("SecurityGroupIds") or facts.account.security_groups else _OWN_GROUP
    return passed(f"EC2 would carry out the launch of {what}. {ONLY}{own}", raw=_told(call))


_OWN_GROUP = " The cluster's own security group does not exist yet and was left out."


def dry_run_security_group(facts: Facts) -> Finding:
    """Ask EC2 for a security group as each cluster gets one, without getting it."""
    vpc = facts.vpc()
    call = {
        "GroupName": "mobula-preflight",
        "Description": "Never created: a dry run of Mobula",
        # A policy may allow only what is tagged.
        "TagSpecifications": [
            {
                "ResourceType": "security-group",
                "Tags": tags.rows(tags.of_cluster(HANDLE, facts.account.installation)),
            }
        ],
        **({"VpcId": vpc} if vpc else {}),
    }
    finding = _dry_run(facts, "create_security_group", call, right="ec2:CreateSecurityGroup")
    if finding is not None:
        return finding
    where = vpc or "the default VPC"
    return passed(f"EC2 would create a security group for the cluster in {where}.", raw=call)


def _dry_run(
    facts: Facts, operation: str, call: Mapping[str, Any], *, right: str
) -> Finding | None:
    """Return what EC2 has against a call, None where it would carry it out."""
    try:
        facts.ec2(operation, **call, DryRun=True)
    except ProviderError as error:
        code, raw = code_of(error), {"code": code_of(error), "message": message_of(error)}
        if code == WOULD:
            return None
        if code == "UnauthorizedOperation":
            return _unauthorized(facts, message_of(error), right=right)
        if isinstance(error, InvalidRequest):
            return failed(str(error), way_out=_CORRECT, raw=raw, certain=True)
        if isinstance(error, QuotaExceeded):
            return failed(str(error), raw=raw)
        if isinstance(error, CapacityUnavailable):
            return warned(str(error), raw=raw)
        raise
    return warned(
        "EC2 answered a dry run as if it were none.",
        way_out="Check in AWS that nothing was created, and the cloud's endpoint.",
    )


def _unauthorized(facts: Facts, message: str, *, right: str) -> Finding:
    """Say which action on what is not allowed: in AWS's plain words, or decoded if need be."""
    plain = _DENIED.search(message)
    action = plain["action"] if plain else right
    resource = (plain["resource"] or "") if plain else ""
    why = (plain["why"] or "") if plain else ""
    raw: Any = {"code": "UnauthorizedOperation", "message": mask(message)}
    encoded = _ENCODED.search(message)
    if encoded and not resource:
        decoded = _decoded(facts, encoded["text"])
        context = decoded.get("context", {})
        action, resource = context.get("action", action), context.get("resource", resource)
        is_explicit = bool(decoded.get("explicitDeny"))
        why = "because a policy denies it explicitly" if is_explicit else why
        raw |= {
            "decoded": {key: decoded[key] for key in ("allowed", "explicitDeny") if key in decoded}
        }
    where, because = f" on {resource}" if resource else "", f", {why}" if why else ""
    return failed(
        f"AWS does not allow {action}{where} to the cloud's credentials{because}.",
        way_out=f"Add {action} to their IAM policy.",
        raw=raw,
        certain=True,
    )


def _decoded(facts: Facts, text: str) -> Mapping[str, Any]:
    """Return what an encoded message says; nothing where Mobula may not decode it."""
    try:
        answer = facts.sts("decode_authorization_message", EncodedMessage=text)
        found: Mapping[str, Any] = json.loads(answer["DecodedMessage"])
    except (ProviderError, ValueError):
        return {}
    return found


def _told(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return of a call what may be shown."""
    return {key: value for key, value in call.items() if key not in {"UserData", "ClientToken"}}
