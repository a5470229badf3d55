"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("optimization.api.urls")),
    path("", include("optimization.pages.urls")),
]
