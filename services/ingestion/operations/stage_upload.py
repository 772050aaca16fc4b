"""A file given by hand, put together from its parts in the lake and compared with what was sent."""

import shutil
from pathlib import Path

from django.conf import settings

from services.ingestion.domain.uploads import part_name
from services.ingestion.models import Delivery, Upload
from shared.digests import sha256_of
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from shared.lake.lake import storage


def stage_upload(delivery: Delivery, root: Path) -> Path:
    with as_ops():
        upload = Upload.objects.get(delivery=delivery)
    lake = storage(settings.ENVIRONMENT)
    root.mkdir(parents=True, exist_ok=True)
    path = root / delivery.file_name
    with path.open("wb") as whole:
        for number in range(1, len(upload.parts) + 1):
            name = part_name(number)
            part = lake.fetch(f"{delivery.upload_uri}/{name}", root.parent / "upload" / name)
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
            part.unlink()
    if sha256_of(path) != upload.sha256:
        raise BadInput(
            "it is not the file that was sent: its digest differs.",
            file=delivery.file_name,
            remedy="Give it once more.",
        )
    return path
