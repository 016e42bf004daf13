"""Addresses of drafts and builds, below /images/."""

from django.urls import URLPattern, path

from images.views import base_picker, builds, checks, drafts, environments, inputs

urlpatterns: list[URLPattern] = [
    path("new/", drafts.new_image, name="new-image"),
    path("pick-base/", base_picker.pick_base, name="pick-base"),
    path("check-dockerfile/", checks.check_dockerfile, name="check-dockerfile"),
    path("new-environment/", environments.new_environment, name="new-environment"),
    path("check-requirements/", environments.check_requirements, name="check-requirements"),
    path(
        "versions/<int:pk>/edit-environment/",
        environments.edit_environment,
        name="edit-environment",
    ),
    path("versions/<int:pk>/edit/", drafts.edit_draft, name="edit-draft"),
    path("versions/<int:pk>/context/", inputs.set_context, name="set-context"),
    path("versions/<int:pk>/secrets/", inputs.set_secret, name="set-secret"),
    path("versions/<int:pk>/secrets/remove/", inputs.remove_secret, name="remove-secret"),
    path("versions/<int:pk>/discard/", drafts.discard_draft, name="discard-draft"),
    path("versions/<int:pk>/build/", builds.start_build, name="start-build"),
    path("builds/<int:pk>/", builds.build, name="build"),
    path("builds/<int:pk>/stream/", builds.build_stream, name="build-stream"),
    path("builds/<int:pk>/log/", builds.build_log, name="build-log"),
    path("builds/<int:pk>/cancel/", builds.cancel_build, name="cancel-build"),
    path("builds/<int:pk>/retry/", builds.retry_build, name="retry-build"),
]
