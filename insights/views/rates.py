"""What machines cost that no cloud sends a bill for."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from accounts.answers import submit
from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from insights.forms import RateCardForm
from insights.queries.rates import local_card
from insights.services import change_rate_card


@require_http_methods(["GET", "POST"])
def rates(request: SignedInRequest) -> HttpResponse:
    """Show the rate card with its history; an admin of the installation sets a new one."""
    user, card = request.user, local_card(now())
    form = RateCardForm(request.POST or None, initial=card.prices)
    if request.method == "POST":
        require(may(user, Action.MANAGE_INSTALLATION, team=None))
        if submit(form, lambda values: change_rate_card(form.card(), note=values["note"], by=user)):
            messages.success(request, "The new rate card prices machines that start from now on.")
            return redirect("insights:rates")
    may_edit = may(user, Action.MANAGE_INSTALLATION, team=None)
    context = {"card": card, "form": form, "may_edit": may_edit}
    return render(request, "insights/rates.html", context, status=422 if form.errors else 200)
