"""Rounds of checks of a configuration: the question, an answer that is fresh, or a new round."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from accounts.models import Team, User
from clouds import checking
from clouds.models import Cloud, CloudCheck
from clouds.services import checks
from configurations.preflight.wanted import wanted_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.offerings import ProviderKind
from images.models import ImageVersion
from providers.preflight import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a cloud is asked before a launch of the team; `subject` is what is launched."""

    cloud: Cloud
    team: Team
    subject: str
    wanted: Wanted


def question_of(
    config: ComputeConfig,
    *,
    cloud: Cloud,
    target: RegionCatalogue,
    image: ImageVersion | None,
    team: Team,
    subject: str,
) -> Question | None:
    """Return what to ask before a launch of `config`; None of clouds that have no checks.

    Raises ValueError, with a sentence, where no machine of a node is known.
    """
    if checking.why_no_checks(cloud):
        return None
    wanted = wanted_of(
        config,
        target,
        image=image.pulled_as if image else "",
        ray_version=image.ray_version if image else "",
        mobula_url=settings.MOBULA_URL,
    )
    return Question(cloud=cloud, team=team, subject=subject[:200], wanted=wanted)


def checked_with(cloud: Cloud | None) -> str:
    """Return the name of the provider that can be asked before a launch; "" where none can."""
    if cloud is None or checking.why_no_checks(cloud):
        return ""
    return ProviderKind(cloud.provider).label


def recent(question: Question) -> CloudCheck | None:
    """Return the newest round of just this question, if it runs or was made lately."""
    asked, team = question.wanted, question.team
    return checking.fresh(question.cloud, asked, team=team, now=timezone.now())


def ask(question: Question, *, asked_by: User | None) -> CloudCheck:
    """Return a round that runs: that of this question, or a new one for a worker."""
    return checks.ask(
        question.cloud,
        question.wanted,
        subject=question.subject,
        team=question.team,
        asked_by=asked_by,
    )
