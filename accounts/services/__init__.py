"""What people do with accounts: `from accounts import services`."""

from accounts.services.attempts import TooManyAttempts
from accounts.services.audit import record
from accounts.services.first_admin import create_first_admin, first_admin
from accounts.services.hashing import Busy
from accounts.services.known_browsers import KnownBrowser
from accounts.services.links import (
    AccountDeactivated,
    consume_sign_in_link,
    make_sign_in_link,
    user_of_link,
)
from accounts.services.passwords import (
    change_password,
    check_password,
    set_password,
)
from accounts.services.profile import change_profile
from accounts.services.sessions import end_session, end_sessions, make_room
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
from accounts.services.users import LastInstallationAdmin, activate_user, deactivate_user

__all__ = [
    "AccountDeactivated",
    "AlreadyMember",
    "Busy",
    "Invitation",
    "KnownBrowser",
    "LastAdmin",
    "LastInstallationAdmin",
    "NameTaken",
    "TooManyAttempts",
    "activate_user",
    "change_password",
    "change_profile",
    "change_role",
    "check_password",
    "consume_sign_in_link",
    "create_first_admin",
    "create_team",
    "deactivate_user",
    "end_session",
    "end_sessions",
    "first_admin",
    "invite_member",
    "make_room",
    "make_sign_in_link",
    "record",
    "remove_member",
    "set_password",
    "user_of_link",
]
