"""Addresses of the images, below /images/."""

from django.urls import URLPattern, path

from images import build_urls
from images.views import base, build_places, comparing, images, registries, versions

app_name = "images"
urlpatterns: list[URLPattern] = [
    path("", images.image_list, name="list"),
    path("base/", base.base_images, name="base-images"),
    path("register/", images.register, name="register"),
    path("<int:pk>/", images.detail, name="detail"),
    path("<int:pk>/compare/", comparing.compare, name="compare"),
    path("<int:pk>/tags/", images.tag, name="tag"),
    path("tags/<int:pk>/remove/", images.untag, name="untag"),
    path("versions/<int:pk>/", versions.detail, name="version"),
    path("versions/<int:pk>/deprecate/", versions.deprecate, name="deprecate"),
    path("versions/<int:pk>/withdraw/", versions.withdraw, name="withdraw"),
    path("versions/<int:pk>/restore/", versions.restore, name="restore"),
    path("registries/", registries.registry_list, name="registries"),
    path("registries/new/", registries.new, name="new-registry"),
    path("registries/<int:pk>/", registries.edit, name="registry"),
    path("registries/<int:pk>/credentials/", registries.credentials, name="registry-credentials"),
    path(
        "registries/<int:pk>/credentials/remove/",
        registries.remove_credentials,
        name="remove-registry-credentials",
    ),
    path("registries/<int:pk>/builds/", build_places.build_place, name="registry-builds"),
    path("registries/<int:pk>/builds/check/", build_places.check, name="check-registry-builds"),
    path("registries/<int:pk>/check/", registries.check, name="check-registry"),
    path("registries/<int:pk>/remove/", registries.remove, name="remove-registry"),
    *build_urls.urlpatterns,
]
