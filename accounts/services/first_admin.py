"""How the first people get into a new installation."""

from django.db import transaction

from accounts.models import User
from accounts.queries import admin_can_sign_in
from accounts.services.audit import record
from accounts.services.links import make_sign_in_link

FIRST_ADMIN = "admin@localhost"


@transaction.atomic
def first_admin() -> User:
    """Return the longest-standing admin of the installation, made when there is none."""
    admin = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if admin is None:
        admin = User.objects.create_superuser(FIRST_ADMIN)
        record("user.created", actor=None, subject=admin, after={"email": admin.email})
    return admin


def create_first_admin() -> str | None:
    """Return a sign-in path for the first admin, or None once an admin has set a password."""
    return None if admin_can_sign_in() else make_sign_in_link(first_admin(), by=None)
