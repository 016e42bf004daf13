from django.urls import path

from mobula.documentation import views

app_name = "documentation"
urlpatterns = [
    path("", views.contents, name="contents"),
    path("pictures/<slug:name>.png", views.picture, name="picture"),
    path("<slug:slug>/", views.page, name="page"),
]
