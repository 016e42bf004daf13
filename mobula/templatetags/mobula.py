"""What every template may use: `{% load mobula %}`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Team
from accounts.queries import NoTeam, chosen_team, current_team, teams_of, with_admins
from accounts.roles import Theme
from domain import wording
from domain.failures import Cause, cause_of
from mobula.documentation.help import help_for
from mobula.markdown import rendered
from mobula.tones import is_moving, tone_of

register = template.Library()


@register.filter
def tone(state: str) -> str:
    """Return the tone of a state: good, busy, warn, bad or quiet."""
    return tone_of(state)


@register.simple_tag
def state_badge(state: str, label: str = "", title: str = "") -> SafeString:
    """Return a state as a colored dot and a word, the same wherever it is shown."""
    moving = " state-moving" if is_moving(state) else ""
    word = label or str(state).replace("_", " ").capitalize()
    return format_html(
        '<span class="state tone-{}{}"{}>{}</span>',
        tone_of(state),
        moving,
        format_html(' title="{}"', title) if title else "",
        word,
    )


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Return an icon of assets/icons.txt; without a label it is hidden from screen readers."""
    naming = format_html('role="img" aria-label="{}"', label) if label else "aria-hidden=true"
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"/></svg>',
        f" icon-{size}" if size else "",
        naming,
        static("dist/icons.svg"),
        name,
    )


@register.filter
def usd(microusd: int | None, places: int | None = None) -> str:
    """Return micro-dollars as "$1.23"; "unpriced" where there is no price."""
    return "unpriced" if microusd is None else wording.usd(microusd, places=places)


@register.filter
def dollars(price: Decimal | None) -> str:
    """Return dollars as "$1.2345"; "unknown" where there is no price."""
    return "unknown" if price is None else wording.price(price.quantize(Decimal("0.0001")))


@register.filter
def markdown(text: str) -> SafeString:
    """Return Markdown as HTML; HTML inside it, and addresses that run scripts, stay plain text."""
    return rendered(text)


@register.filter
def cause(text: str) -> Cause:
    """Return why something failed, from what a provider, Ray or a log says."""
    return cause_of(text)


@register.simple_tag
def kept(what: str) -> str:
    """Return for how long rows are kept, such as "Kept for 30 days."; `what` is of KEEP_DAYS."""
    days = settings.KEEP_DAYS[what]
    return f"Kept for {days} day{'' if days == 1 else 's'}." if days else "Kept indefinitely."


@register.filter
def duration(value: float | timedelta | None) -> str:
    """Return a length of time as "1 h 5 min"; "–" where there is none."""
    return "–" if value is None else wording.duration(value)


@register.filter(name="bytes")
def size(count: float | None) -> str:
    """Return a number of bytes as "1.5 GiB"; "–" where it is not known."""
    return "–" if count is None else wording.size(count)


@register.filter
def number(value: float | None) -> str:
    """Return a number with separators and at most two decimals; "–" where it is not known."""
    return "–" if value is None else wording.number(value)


@register.filter
def percent_of(part: float | None, whole: float | None) -> str:
    """Return `part` of `whole` as "42%"; "–" where either is not known."""
    return "–" if part is None or not whole else wording.percent(part, whole)


@register.filter
def ago(at: datetime | None) -> SafeString | str:
    """Return how long ago `at` was, as a <time> that the browser keeps counting."""
    if at is None:
        return "–"
    seconds = (timezone.now() - at).total_seconds()
    text = "just now" if seconds < 1 else f"{wording.duration(seconds)} ago"
    return _clock(at, text, kind="ago")


@register.filter
def elapsed(since: datetime | None) -> SafeString | str:
    """Return how long it has been since then, as a <time> that the browser keeps counting."""
    if since is None:
        return "–"
    return _clock(since, wording.duration(timezone.now() - since), kind="for")


@register.filter
def until(at: datetime | None) -> SafeString | str:
    """Return how soon `at` will be, as a <time> that the browser keeps counting."""
    if at is None:
        return "–"
    seconds = (at - timezone.now()).total_seconds()
    text = "now" if seconds < 1 else f"in {wording.duration(seconds)}"
    return _clock(at, text, kind="until")


def _clock(at: datetime, text: str, *, kind: str) -> SafeString:
    exact = at.astimezone(timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="{}" data-clock="{}">{}</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%Y-%m-%d %H:%M:%S %Z"),
        kind,
        text,
    )


@register.filter
def control(field: BoundField) -> SafeString:
    """Return a form field's control in the product's look, marked when its value is refused."""
    kind = getattr(field.field.widget, "input_type", "")
    css = {"checkbox": "form-check-input", "select": "form-select", "radio": "form-check-input"}
    classes = [field.field.widget.attrs.get("class", ""), css.get(kind, "form-control")]
    classes += ["is-invalid"] if field.errors else []
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Return whether the field is a single box to tick, whose label stands beside it."""
    return getattr(field.field.widget, "input_type", "") == "checkbox"


@register.filter
def chosen(field: BoundField) -> str:
    """Return the words of the choice that a field has now."""
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(field.value(), field.value()))


@register.filter
def is_picked(field: BoundField) -> bool:
    """Return whether the field has so many values that a dialog searches them."""
    return "data-pick" in field.field.widget.attrs


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Return the theme to draw: this browser's choice, else the user's own, else the system's."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get("mobula-theme") if request else None
    if chosen in Theme.values:
        return chosen
    return getattr(getattr(request, "user", None), "theme", Theme.AUTO.value)


@register.simple_tag(takes_context=True)
def teams(context: Context) -> dict[str, Any]:
    """Return the user's teams and the one they look at, for the switcher."""
    request: HttpRequest = context["request"]
    try:
        chosen: Team | None = current_team(request)
    except NoTeam:
        chosen = None
    listed = list(with_admins(teams_of(request.user), request.user))
    may_audit = request.user.is_superuser or any(team.is_administered for team in listed)  # type: ignore[attr-defined]
    return {"current": chosen, "all": listed, "may_audit": may_audit}


@register.inclusion_tag("components/other_team.html", takes_context=True)
def other_team(context: Context, team: Team, noun: str) -> dict[str, Any]:
    """Say whose a thing is when its team is not the one the user looks at."""
    request: HttpRequest = context["request"]
    current = chosen_team(request)
    is_other = current is not None and current.pk != team.pk
    return {
        "team": team,
        "current": current,
        "noun": noun,
        "is_other": is_other,
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def sample_team(context: Context) -> Team | None:
    """Return the team whose data the page shows if they are samples.

    That is the team of the page's cluster or template, which need not be the one that was chosen.
    """
    request: HttpRequest | None = context.get("request")
    if request is None or not request.user.is_authenticated:
        return None
    shown = context.get("cluster") or context.get("template")
    team = getattr(shown, "team", None) or chosen_team(request)
    return team if team and team.is_sample else None


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: Context,
    name: str,
    label: str,
    icon: str,
    key: str = "",
    exact: bool = False,
    apart: str = "",
    count: int = 0,
) -> dict[str, Any]:
    """Draw a link of the sidebar, marked when its page is shown; nothing for an unknown page.

    It is marked on the pages below its own too, unless it is `exact`; `apart` is one of these that
    has a link of its own. `count` is how much waits there for the reader.
    """
    url, other = url_or_blank(name), url_or_blank(apart)
    path = context["request"].path
    is_other = bool(other) and path.startswith(other)
    current = path == url if exact else bool(url) and path.startswith(url) and not is_other
    shown = {"url": url, "label": label, "icon": icon, "key": key, "count": count}
    return {**shown, "current": current}


@register.simple_tag
def url_or_blank(name: str, *args: Any) -> str:
    """Return the address of a page, or "" where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def help_address(context: Context) -> str:
    """Return the address of the documentation of the page that is shown, or ""."""
    match = getattr(context.get("request"), "resolver_match", None)
    slug = help_for(match.view_name, tab=str(context.get("tab") or "")) if match else ""
    return url_or_blank("documentation:page", slug) if slug else ""
