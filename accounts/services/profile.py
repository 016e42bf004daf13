"""What users say about themselves."""

from django.db import transaction

from accounts.errors import as_invalid
from accounts.models import User
from accounts.services.audit import record


@transaction.atomic
def change_profile(user: User, *, name: str, theme: str, time_zone: str) -> None:
    """Give `user` another name, theme and time zone; an empty zone is the browser's."""
    with as_invalid():
        User(name=name, theme=theme, time_zone=time_zone).clean_fields(
            exclude={"email", "password"}
        )
    before = {"name": user.name, "theme": user.theme, "time_zone": user.time_zone}
    user.name = name
    user.theme = theme
    user.time_zone = time_zone
    user.save(update_fields=["name", "theme", "time_zone"])
    after = {"name": name, "theme": str(theme), "time_zone": time_zone}
    if before != after:
        record("user.changed", actor=user, subject=user, before=before, after=after)
