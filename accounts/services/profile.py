"""What users say about themselves."""

from django.db import transaction

from accounts.errors import as_invalid
from accounts.models import User
from accounts.services.audit import record


@transaction.atomic
def change_profile(user: User, *, name: str, theme: str) -> None:
    """Give `user` another name and theme."""
    with as_invalid():
        User(name=name, theme=theme).clean_fields(exclude={"email", "password"})
    before = {"name": user.name, "theme": user.theme}
    user.name = name
    user.theme = theme
    user.save(update_fields=["name", "theme"])
    after = {"name": name, "theme": str(theme)}
    if before != after:
        record("user.changed", actor=user, subject=user, before=before, after=after)
