"""What people do with accounts: `from accounts import services`."""

from accounts.services.audit import record
from accounts.services.profile import change_profile
from accounts.services.sign_in import (
    TooManyAttempts,
    change_password,
    check_password,
    consume_sign_in_link,
    create_first_admin,
    first_admin,
    make_sign_in_link,
    set_password,
    user_of_link,
)
from accounts.services.teams import (
    AlreadyMember,
    Invitation,
    LastAdmin,
    NameTaken,
    change_role,
    create_team,
    invite_member,
    remove_member,
)

__all__ = [
    "AlreadyMember",
    "Invitation",
    "LastAdmin",
    "NameTaken",
    "TooManyAttempts",
    "change_password",
    "change_profile",
    "change_role",
    "check_password",
    "consume_sign_in_link",
    "create_first_admin",
    "create_team",
    "first_admin",
    "invite_member",
    "make_sign_in_link",
    "record",
    "remove_member",
    "set_password",
    "user_of_link",
]
