"""Let a rule start nodes, once its replay was looked at; or stop it."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction

from accounts.errors import Invalid, Outdated
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from clusters import runs
from clusters.models import Cluster, EnabledRule, RuleValue, Run
from clusters.queries.strategies import replay_of, rule_rows
from configurations.models import Template
from domain.strategies.expression import ExpressionError, OutOfRange, check


@transaction.atomic
def enable_rule(cluster: Cluster, *, group: str, expression: str, by: User) -> EnabledRule:
    """Let a rule start nodes in every cluster of this cluster's template that says it so.

    The rule is replayed over the cluster's last seven days; what came of that stays in the audit
    trail. A rule whose text changes is another rule. Raises `Invalid` for a text that is no rule,
    and `Outdated` for a rule that the cluster's configuration does not have.
    """
    template = cluster.version.template
    require(may(by, Action.EDIT_TEMPLATE, team=template.team))
    _check_has_rule(cluster, group=group, expression=expression)
    try:
        with suppress(OutOfRange):  # at another moment it may be right: the replay shows
            check(expression)
        played = replay_of(cluster, group=group, expression=expression)
    except ExpressionError as error:
        raise Invalid.at("expression", f"The rule cannot be enabled. {error}") from error
    rule, is_new = EnabledRule.objects.get_or_create(
        template=template, group=group, expression=expression, defaults={"enabled_by": by}
    )
    if is_new:
        after = {
            "group": group,
            "expression": expression,
            "cluster": cluster.name,
            "replayed_samples": len(played.points),
            "failed_samples": played.failed,
            "extra_node_hours": round(played.extra_node_hours, 2),
        }
        record("rule.enabled", actor=by, team=template.team, subject=template, after=after)
        _note_news(template)
    return rule


@transaction.atomic
def disable_rule(cluster: Cluster, *, group: str, expression: str, by: User) -> None:
    """Stop a rule from starting nodes in every cluster of this cluster's template.

    A second call changes nothing. Raises `Outdated` for a rule that the cluster's configuration
    does not have.
    """
    template = cluster.version.template
    require(may(by, Action.EDIT_TEMPLATE, team=template.team))
    _check_has_rule(cluster, group=group, expression=expression)
    rows = EnabledRule.objects.filter(template=template, group=group, expression=expression)
    if not rows.delete()[0]:
        return
    # A value from before must not stand when the rule is enabled again.
    RuleValue.objects.filter(
        run__cluster__version__template=template, group=group, expression=expression
    ).delete()
    before = {"group": group, "expression": expression}
    record("rule.disabled", actor=by, team=template.team, subject=template, before=before)
    _note_news(template)


def _note_news(template: Template) -> None:
    runs.note_news(Run.objects.filter(cluster__version__template=template, ended_at=None))


def _check_has_rule(cluster: Cluster, *, group: str, expression: str) -> None:
    rules = [row.rule for row in rule_rows(cluster)]
    if not any((rule.group, rule.expression) == (group, expression) for rule in rules):
        raise Outdated(f"{cluster} no longer has this rule for group {group}. Reload the page.")
