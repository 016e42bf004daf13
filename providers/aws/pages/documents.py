"""What an AWS account must allow, as texts to copy: policies in JSON, and all in Terraform."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.accounts.declared import AccessDocument, AccountFacts
from domain.offerings import ProviderKind
from providers.aws.account import AwsAccount, read_account
from providers.aws.pages.policy import account_number, allow, partition_of, policy_of
from providers.aws.pages.terraform import terraform
from providers.aws.rights import FOR_BUILDS
from providers.base import Account

PRINCIPAL = "REPLACE_WITH_THE_ARN_OF_MOBULA"  # IAM refuses it: it must be replaced
BUCKET = "REPLACE_WITH_THE_BUCKET"
ROLE = "mobula"


def access_documents(facts: AccountFacts) -> Sequence[AccessDocument]:
    """Return the texts for an account; raises `InvalidRequest` for settings that are wrong."""
    account = read_account(
        Account(
            kind=ProviderKind.AWS,
            id="",
            home=Path(),
            region=facts.region,
            settings=facts.settings,
            installation=facts.installation,
        )
    )
    role, external_id = facts.credentials.get("role_arn", ""), facts.credentials.get("external_id")
    account = _with_role(account, role)
    return [
        AccessDocument(
            name="policy",
            title="Permissions policy",
            help="Attach it to the role or user as whom Mobula signs in. If an instance profile's "
            "role has another name than the profile, correct it in PassRolesOfNodes.",
            text=_json(policy_of(account)),
        ),
        AccessDocument(
            name="trust",
            title="Trust policy",
            help="Of the role that Mobula assumes: enter the ARN of the user or role that Mobula "
            f"runs as in place of {PRINCIPAL}.",
            text=_json(trust(PRINCIPAL, external_id=external_id or "")),
        ),
        AccessDocument(
            name="assume",
            title="Policy of Mobula's identity",
            help="Attach it to the user or role that Mobula runs as, if the role is in another "
            "account or its trust policy names the account only.",
            text=_json(_assume(account, role)),
        ),
        AccessDocument(
            name="builds",
            title="Image builds",
            help="Optional. Attach it to the user or role of a registry whose images AWS CodeBuild "
            f"builds; enter the name of the bucket of build contexts in place of {BUCKET}, or "
            "remove StoreBuildContexts. Clusters need none of it.",
            text=_json(_builds(account)),
        ),
        AccessDocument(
            name="terraform",
            title="Terraform",
            help="Creates the role, its policies, and an instance profile for nodes.",
            text=terraform(account, trust("", external_id=external_id or ""), name=_name(role)),
        ),
    ]


def trust(principal: str, *, external_id: str) -> dict[str, Any]:
    """Return the trust policy of a role that the principal may assume."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _assume(account: AwsAccount, role: str) -> dict[str, Any]:
    arn = role or f"arn:{partition_of(account.region)}:iam::{account_number(account)}:role/{ROLE}"
    return {
        "Version": "2012-10-17",
        "Statement": [allow("AssumeRole", ["sts:AssumeRole"], [arn])],
    }


def _builds(account: AwsAccount) -> dict[str, Any]:
    """Return the policy of the identity that has CodeBuild build images in the account."""
    partition, place = partition_of(account.region), f"{account.region}:{account_number(account)}"
    resources = {
        "codebuild": ("BuildImages", f"arn:{partition}:codebuild:{place}:project/*"),
        "logs": ("ReadBuildLogs", f"arn:{partition}:logs:{place}:log-group:/aws/codebuild/*"),
        "s3": ("StoreBuildContexts", f"arn:{partition}:s3:::{BUCKET}/mobula-builds/*"),
    }
    statements = [
        allow(sid, [one for one in FOR_BUILDS if one.startswith(f"{service}:")], [resource])
        for service, (sid, resource) in resources.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _with_role(account: AwsAccount, role: str) -> AwsAccount:
    """Return the account with its role, whose ARN has the account's number; nothing secret."""
    return replace(account, credentials=replace(account.credentials, role_arn=role))


def _name(role: str) -> str:
    return role.rpartition("/")[2] or ROLE


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2)
