"""Which environment an address names."""

from __future__ import annotations

from django.http import Http404

from accounts.queries import current_team
from accounts.requests import SignedInRequest
from promotions.environments import environment_of
from promotions.models import Environment


def chosen_environment(request: SignedInRequest, name: str) -> Environment:
    """Return the chosen team's environment of this name, saved or by default, or raise Http404."""
    environment = environment_of(current_team(request), name)
    if environment is None:
        raise Http404(f"Your team has no environment '{name}'.")
    return environment
