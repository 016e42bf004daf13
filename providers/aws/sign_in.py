"""How Mobula signs in to an AWS account; no SDK is imported here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.catalogue.credentials import CredentialField

CREDENTIALS = (
    CredentialField(
        name="role_arn",
        label="Role ARN",
        help="Mobula assumes this role, with the access key or profile below or its own identity.",
    ),
    CredentialField(
        name="external_id",
        label="External ID",
        help="The role's trust policy can require it, so that no one else can use the role.",
    ),
    CredentialField(
        name="access_key_id",
        label="Access key ID",
        help="Not needed where Mobula's workers have a profile or an instance role.",
    ),
    CredentialField(
        name="secret_access_key",
        label="Secret access key",
        is_secret=True,
        belongs_to="access_key_id",
    ),
    CredentialField(
        name="profile",
        label="Named profile",
        help="A profile in the AWS configuration files of Mobula's workers.",
    ),
)
# The patterns of the STS and IAM API references.
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
_KEY_ID = re.compile(r"\w{16,128}")
_PROFILE = re.compile(r"[\w.+@:/-]{1,128}")


def wrong_credentials(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what AWS would refuse, by field."""
    role, profile = values.get("role_arn", ""), values.get("profile", "")
    external_id, key_id = values.get("external_id", ""), values.get("access_key_id", "")
    if role and not _ROLE.fullmatch(role):
        example = "arn:aws:iam::123456789012:role/mobula"
        yield "role_arn", f"'{role}' is not the ARN of a role. Use one such as {example}."
    if external_id and not role:
        yield "external_id", "An external ID needs a role. Enter the role's ARN."
    elif external_id and not _EXTERNAL_ID.fullmatch(external_id):
        yield "external_id", "Use 2 to 1,224 letters, digits and the characters + = , . @ : / - _."
    if key_id and not _KEY_ID.fullmatch(key_id):
        yield "access_key_id", f"'{key_id}' is not an access key ID, such as AKIAIOSFODNN7EXAMPLE."
    if key_id and not values.get("secret_access_key"):
        yield "secret_access_key", "Enter the secret access key of this access key ID."
    if values.get("secret_access_key") and not key_id:
        yield "access_key_id", "Enter the access key ID of this secret access key."
    if profile and key_id:
        yield "profile", "Use an access key or a profile, not both."
    elif profile and not _PROFILE.fullmatch(profile):
        yield "profile", f"'{profile}' is not the name of a profile. Remove spaces and quotes."
