"""Addresses of change requests and environments."""

from django.urls import path

from promotions.views import environments, removing, requesting, requests, review, settings

app_name = "promotions"
urlpatterns = [
    path(
        "templates/<int:pk>/versions/<int:number>/request/",
        requesting.request_version,
        name="request",
    ),
    path("changes/", requests.request_list, name="requests"),
    path("changes/<int:pk>/", review.review, name="review"),
    path("changes/<int:pk>/approve/", review.approve, name="approve"),
    path("changes/<int:pk>/reject/", review.reject, name="reject"),
    path("changes/<int:pk>/check/", review.check, name="check"),
    path("changes/<int:pk>/skip-checks/", review.skip, name="skip-checks"),
    path("changes/<int:pk>/cancel/", review.cancel, name="cancel"),
    path("changes/<int:pk>/pause/", review.pause, name="pause"),
    path("changes/<int:pk>/resume/", review.resume, name="resume"),
    path("changes/<int:pk>/roll-back/", review.roll_back, name="roll-back"),
    path("changes/<int:pk>/comment/", review.comment, name="comment"),
    path("environments/", environments.environment_list, name="environments"),
    path("environments/<slug:environment>/", environments.environment, name="environment"),
    path("environments/<slug:environment>/move/", environments.move, name="move-environment"),
    path("environments/<slug:environment>/rename/", removing.rename, name="rename-environment"),
    path("environments/<slug:environment>/remove/", removing.remove, name="remove-environment"),
    path(
        "environments/<slug:environment>/approvers/",
        environments.add_approver,
        name="add-approver",
    ),
    path(
        "environments/<slug:environment>/approvers/<int:place>/remove/",
        environments.remove_approver,
        name="remove-approver",
    ),
    path(
        "environments/<slug:environment>/groups/<int:group>/",
        environments.require_group,
        name="require-group",
    ),
    path(
        "environments/<slug:environment>/settings/", settings.settings, name="environment-settings"
    ),
    path(
        "environments/<slug:environment>/settings/<int:number>/restore/",
        settings.restore,
        name="restore-settings",
    ),
    path("environments/<slug:environment>/windows/", environments.add_window, name="add-window"),
    path(
        "environments/<slug:environment>/windows/<int:window>/remove/",
        environments.remove_window,
        name="remove-window",
    ),
]
