"""Addresses of the images, below /images/."""

from django.urls import path

from images import views

app_name = "images"
urlpatterns = [path("", views.base_images, name="base-images")]
