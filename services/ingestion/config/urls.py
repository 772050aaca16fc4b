from django.urls import include, path

from services.ingestion.api import views
from services.ingestion.queries.troubles import read_troubles
from shared.audit.api import AuditView
from shared.health.api import health_paths
from shared.runtime import problems
from shared.runtime.schema import SchemaView

urlpatterns = [
    path("", include("shared.runtime.health")),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    path("api/v1/audit", AuditView.as_view(), name="audit"),
    *health_paths(read_troubles),
    path("api/v1/sources", views.Sources.as_view(), name="sources"),
    path("api/v1/deliveries", views.Deliveries.as_view(), name="deliveries"),
    path("api/v1/snapshots", views.Snapshots.as_view(), name="snapshots"),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.broken
handler503 = problems.database_away
