"""Deliveries as they come to a source in a real S3, and what the beat and the runner do then."""

import json
import resource
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from deploy.local.lake import connect
from services.ingestion.models import Delivery, Snapshot
from services.ingestion.operations.collect_bill import collect_bill
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from tests.bills import write_delivery
from tests.service_stack import running_servers


@pytest.fixture
def storage():
    storage = connect(running_servers())
    yield storage
    storage.close()


@pytest.fixture
def work(tmp_path, settings):
    """A scratch folder of its own, as the runner gives each job."""
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"scratch_dir": tmp_path / "scratch", "memory_limit_mb": 256, "settle_seconds": 0}
    )
    return tmp_path


@pytest.fixture
def source(transactional_db):
    prefix = f"s3://aws-export/{uuid7().hex}/"
    with as_ops():
        return register_source(key="aws", kind="bill", uri=prefix, created_by="olivia")


def deliver(storage, source, folder: Path, *lines, manifest: bool = True, parts=1) -> Path:
    """Write a delivery and upload it, data first and the manifest last."""
    batches = [lines[start::parts] for start in range(parts)]
    write_delivery(folder, batches)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifests = [path for path in files if path.name.endswith("Manifest.json")]
    content = json.loads(manifests[0].read_text())
    manifests[0].write_text(json.dumps({**content, "executionId": uuid7().hex}))
    for path in [*(path for path in files if path not in manifests), *manifests]:
        if path in manifests and not manifest:
            continue
        storage.put(path, f"{source.uri}{path.relative_to(folder)}")
    return manifests[0]


def collect(work: Path) -> list[Delivery]:
    """What the beat and the runner do; each job with an empty scratch."""
    find_deliveries()
    with as_ops():
        found = list(Delivery.objects.filter(state="found").order_by("delivered_at"))
    for delivery in found:
        shutil.rmtree(settings.ENVIRONMENT.scratch_dir, ignore_errors=True)
        collect_bill(delivery_id=delivery.delivery_id)
    return found


def current() -> Snapshot:
    with as_ops():
        return Snapshot.objects.get(is_current=True)


@contextmanager
def files_of_at_most(size):
    """What a full disk is to who writes: EFBIG instead of ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
