from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from clusters.agent.boot import views as boot
from clusters.agent.code import package
from clusters.agent.view import sync


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answer 200 while this process and its database work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


handler403 = "mobula.edge.errors.forbidden"
handler404 = "mobula.edge.errors.not_found"
handler500 = "mobula.edge.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("insights.urls")),
    path("", include("clusters.urls")),
    path("", include("configurations.urls")),
    path("", include("promotions.urls")),
    path("accounts/", include("accounts.urls")),
    path("clouds/", include("clouds.urls")),
    path("images/", include("images.urls")),
    path("docs/", include("mobula.documentation.urls")),
    path("agent/v1/sync", sync, name="agent-sync"),
    path("agent/v1/packages/<str:digest>", package, name="agent-package"),
    path("agent/v1/nodes/join", boot.join, name="node-join"),
    path("agent/v1/nodes/report", boot.report, name="node-report"),
    path("agent/v1/nodes/interruption", boot.interruption, name="node-interruption"),
    path("agent/v1/nodes/registry", boot.registry, name="node-registry"),
    path("agent/v1/nodes/agent", boot.head_agent, name="node-agent"),
    path("healthz/", healthz, name="healthz"),
]
