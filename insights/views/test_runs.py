"""The charts of a test run, for the page of its change request."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from insights.run_charts import run_charts
from promotions.models import ChangeRequest, TestRun


@require_GET
def run_use(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what was in use over the run, and its cost; htmx puts it on the review page."""
    visible = ChangeRequest.objects.visible_to(request.user)
    run = get_object_or_404(TestRun.objects.filter(request__in=visible), pk=pk)
    charts = run_charts(run.samples, zone=timezone.get_current_timezone())
    return render(request, "insights/test_run.html", {"charts": charts})
