"""Addresses of the clouds, below /clouds/."""

from django.urls import path

from clouds import views

app_name = "clouds"
urlpatterns = [
    path("", views.cloud_list, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.edit, name="edit"),
    path("<int:pk>/teams/", views.teams, name="teams"),
    path("<int:pk>/history/", views.history, name="history"),
    path("<int:pk>/refresh/", views.refresh, name="refresh"),
]
