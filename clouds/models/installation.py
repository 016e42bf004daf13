from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q

# Once read, a name never changes: a process reads it once.
_known: list[str] = []


def new_key() -> str:
    """Return a name that no other installation has: 20 hex digits."""
    return secrets.token_hex(10)


class InstallationManager(models.Manager["Installation"]):
    def own_key(self) -> str:
        """Return the name of this installation, the same one in all of its processes.

        It is made with the tables; where its row is missing, whoever comes first makes it again.
        """
        if not _known:
            row, is_new = self.get_or_create(pk=1)
            if is_new:  # the caller's transaction may yet be rolled back
                return row.key
            _known.append(row.key)
        return _known[0]

    def forget(self) -> None:
        """Read the name again when it is asked for next."""
        _known.clear()


class Installation(models.Model):
    """What this installation calls itself in clouds, in its one row.

    Machines carry the name as a tag, so that installations that share an account leave each
    other's alone. It goes with the database: a restored backup knows its machines.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[InstallationManager] = InstallationManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="installation_is_one", condition=Q(pk=1)),
            models.CheckConstraint(name="installation_has_a_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return self.key
