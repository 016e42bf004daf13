"""The role, the policies and the instance profiles of an account as a Terraform configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.aws.account import AwsAccount
from providers.aws.pages.policy import domain_of, partition_of, policy_of, roles_of

NODE = "mobula-node"  # the profile of an account that names none

_MOBULA = """\
variable "mobula_principal" {{
  description = "ARN of the user or role that Mobula runs as"
  type        = string
}}

resource "aws_iam_role" "mobula" {{
  name = {name}

  assume_role_policy = jsonencode({trust})
}}

resource "aws_iam_policy" "mobula" {{
  name = {name}

  policy = jsonencode({policy})
}}

resource "aws_iam_role_policy_attachment" "mobula" {{
  role       = aws_iam_role.mobula.name
  policy_arn = aws_iam_policy.mobula.arn
}}

output "mobula_role_arn" {{
  description = "Role ARN for the credentials of the cloud"
  value       = aws_iam_role.mobula.arn
}}
"""
_NODES = """
# Nodes pull images from Amazon ECR. Attach what their workloads need as well.
resource "aws_iam_role" {label} {{
  name = {name}
  path = {path}

  assume_role_policy = jsonencode({trust})
}}

resource "aws_iam_role_policy_attachment" {label} {{
  role       = aws_iam_role.{bare}.name
  policy_arn = {ecr}
}}

resource "aws_iam_instance_profile" {label} {{
  name = {name}
  path = {path}
  role = aws_iam_role.{bare}.name
}}
"""


def terraform(account: AwsAccount, trust: Mapping[str, Any], *, name: str) -> str:
    """Return the configuration; the principal of `trust` is a variable of it."""
    if not (account.head_profile or account.worker_profile):
        account = replace(account, head_profile=NODE, worker_profile=NODE)
    whole = _MOBULA.format(
        name=_text(name),
        trust=_expression(trust).replace('"AWS": ""', '"AWS": var.mobula_principal'),
        policy=_expression(policy_of(account)),
    )
    return whole + "".join(_profiles(account))


def _profiles(account: AwsAccount) -> Iterator[str]:
    managed = f"arn:{partition_of(account.region)}:iam::aws:policy"
    for role in roles_of([account.head_profile, account.worker_profile]):
        path, _, name = role.removeprefix("role").rpartition("/")
        bare = re.sub(r"[^A-Za-z0-9_]", "_", f"node_{name}")
        yield _NODES.format(
            label=_text(bare),
            bare=bare,
            name=_text(name),
            path=_text(f"{path}/"),
            trust=_expression(_trust_of_nodes(f"ec2.{domain_of(account.region)}")),
            ecr=_text(f"{managed}/AmazonEC2ContainerRegistryPullOnly"),
        )


def _trust_of_nodes(service: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _expression(document: Mapping[str, Any]) -> str:
    """Return a JSON document as an expression of HCL, which takes its syntax."""
    return _escaped(json.dumps(document, indent=2)).replace("\n", "\n  ")


def _text(value: str) -> str:
    return _escaped(json.dumps(value))


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
