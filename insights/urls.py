"""The overview at "/", and the pages that read everything, below /insights/."""

from django.urls import URLPattern, URLResolver, include, path

from insights.views.cost import cost
from insights.views.idle import idle
from insights.views.overview import overview
from insights.views.rates import rates
from insights.views.scaling import scaling
from insights.views.test_runs import run_use
from insights.views.utilization import utilization

pages = [
    path("utilization/", utilization, name="utilization"),
    path("idle/", idle, name="idle"),
    path("cost/", cost, name="cost"),
    path("scaling/", scaling, name="scaling"),
    path("test-runs/<int:pk>/", run_use, name="test-run"),
    path("rates/", rates, name="rates"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview, name="home"),
    path("insights/", include((pages, "insights"))),
]
