from django.urls import include, path

from services.ingestion.api import deliveries, sources
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
    path("api/v1/sources", sources.Sources.as_view(), name="sources"),
    path("api/v1/sources/<str:key>", sources.OneSource.as_view(), name="source"),
    path(
        "api/v1/sources/<str:key>/address", sources.SourceAddress.as_view(), name="source-address"
    ),
    path("api/v1/sources/<str:key>/pause", sources.SourcePause.as_view(), name="source-pause"),
    path("api/v1/sources/<str:key>/resume", sources.SourceResume.as_view(), name="source-resume"),
    path("api/v1/sources/<str:key>/retire", sources.SourceRetire.as_view(), name="source-retire"),
    path("api/v1/sources/<str:key>/look", sources.SourceLook.as_view(), name="source-look"),
    path("api/v1/addresses/try", sources.AddressTrial.as_view(), name="address-trial"),
    path("api/v1/deliveries", deliveries.Deliveries.as_view(), name="deliveries"),
    path("api/v1/deliveries/<str:delivery_id>", deliveries.OneDelivery.as_view(), name="delivery"),
    path(
        "api/v1/deliveries/<str:delivery_id>/retry",
        deliveries.DeliveryRetry.as_view(),
        name="delivery-retry",
    ),
    path(
        "api/v1/deliveries/<str:delivery_id>/accept",
        deliveries.DeliveryAcceptance.as_view(),
        name="delivery-acceptance",
    ),
    path(
        "api/v1/deliveries/<str:delivery_id>/withdraw",
        deliveries.DeliveryWithdrawal.as_view(),
        name="delivery-withdrawal",
    ),
    path("api/v1/uploads", deliveries.Uploads.as_view(), name="uploads"),
    path(
        "api/v1/uploads/<str:upload_id>/parts/<str:number>",
        deliveries.UploadParts.as_view(),
        name="upload-part",
    ),
    path(
        "api/v1/uploads/<str:upload_id>/finish",
        deliveries.UploadFinish.as_view(),
        name="upload-finish",
    ),
    path("api/v1/snapshots", deliveries.Snapshots.as_view(), name="snapshots"),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.broken
handler503 = problems.database_away
