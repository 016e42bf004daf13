"""Which of a team's clouds an imported file is for: the likeliest first, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Team
from clouds.access import why_not_launchable
from clouds.models import Cloud
from domain.convert.place import Place

_NAMED, _PROVIDER, _REGION = 8, 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudGuess:
    """A cloud with how well it fits; a fit of 0 says nothing for it."""

    cloud: Cloud
    fit: int
    why: str
    refusal: str  # why nothing can be launched on it; "": one can

    @property
    def label(self) -> str:
        """The cloud in a choice, with why it fits."""
        where = f"{self.cloud} · {self.cloud.get_provider_display()}, {self.cloud.region}"
        parts = [where, self.why, "cannot be launched" if self.refusal else ""]
        return " · ".join(part for part in parts if part)


def ranked_clouds(place: Place, *, team: Team) -> Sequence[CloudGuess]:
    """Return the team's clouds, those that fit the place best first."""
    rows = [_guess(cloud, place) for cloud in Cloud.objects.usable_by(team).order_by("name")]
    return sorted(rows, key=lambda row: (-row.fit, bool(row.refusal), row.cloud.name))


def best_cloud(guesses: Sequence[CloudGuess]) -> CloudGuess | None:
    """Return the likeliest cloud; None where nothing speaks for any."""
    return guesses[0] if guesses and guesses[0].fit > 0 else None


def _guess(cloud: Cloud, place: Place) -> CloudGuess:
    is_named = bool(place.cloud) and cloud.name == place.cloud
    same_provider = place.provider is not None and cloud.provider == place.provider
    same_region = same_provider and bool(place.region) and cloud.region == place.region
    fit = _NAMED * is_named + _PROVIDER * same_provider + _REGION * same_region
    refusal = why_not_launchable(cloud)
    if is_named:
        why = "named in the file"
    elif same_region:
        why = "same provider and region"
    elif same_provider:
        why = "same provider" + (f", file is for {place.region}" if place.region else "")
    else:
        why = ""
    return CloudGuess(cloud=cloud, fit=fit, why=why, refusal=refusal)
