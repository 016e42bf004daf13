"""Addresses of the clouds, below /clouds/."""

from django.urls import path

from clouds.views import access, checks, clouds, credentials, removal, settings

app_name = "clouds"
urlpatterns = [
    path("", clouds.cloud_list, name="list"),
    path("new/", clouds.new, name="new"),
    path("demo/", clouds.demo, name="demo"),
    path("<int:pk>/", clouds.edit, name="edit"),
    path("<int:pk>/teams/", clouds.teams, name="teams"),
    path("<int:pk>/settings/", settings.settings, name="settings"),
    path("<int:pk>/credentials/", credentials.credentials, name="credentials"),
    path("<int:pk>/credentials/remove/", credentials.remove, name="remove-credentials"),
    path("<int:pk>/permissions/", access.permissions, name="permissions"),
    path("checks/<int:pk>/", checks.check, name="check"),
    path("<int:pk>/checks/", checks.checks, name="checks"),
    path("<int:pk>/history/", clouds.history, name="history"),
    path("<int:pk>/delete/", removal.delete, name="delete"),
    path("<int:pk>/refresh/", clouds.refresh, name="refresh"),
]
