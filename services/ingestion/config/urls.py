from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from services.ingestion.api import views
from shared.runtime import problems

urlpatterns = [
    path("", include("shared.runtime.health")),
    path("api/v1/schema", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path("api/v1/sources", views.Sources.as_view(), name="sources"),
    path("api/v1/deliveries", views.Deliveries.as_view(), name="deliveries"),
    path("api/v1/snapshots", views.Snapshots.as_view(), name="snapshots"),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.broken
