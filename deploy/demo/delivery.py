"""Plays AWS and the operator's recorders: puts the sample's deliveries where the services look."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local.api_client import SPARING_SECONDS, ApiClient, Refused, persist
from deploy.local.waiting import Patience
from deploy.sample_company.cur2 import EXPORT
from deploy.sample_company.exports import execution_of
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.write import CUR_2, Sample, write_sample
from shared.auth.actors import Actor
from shared.lake.storage import Storage
from shared.vocabulary.sources import AddressFault

EXPORT_BUCKET: Final = "aws-export"
SEED: Final = 1


@dataclass
class Deliveries:
    """Doing any of it again changes nothing."""

    storage: Storage
    root: Path
    patience: Patience
    written: dict[SampleMonth, Sample] = field(default_factory=dict)

    def sample(self, month: SampleMonth) -> Sample:
        if month not in self.written:
            self.patience.say(f"writes the sample's {month}")
            self.written[month] = write_sample(
                root=self.root, month=month, seed=SEED, bucket=EXPORT_BUCKET, formats=[CUR_2]
            )
        return self.written[month]

    def deliver(self, month: SampleMonth) -> Sample:
        """Nothing where it is restated."""
        if not month.is_restated and self._is_restated(month):
            return self.sample(month)
        return self.put(month)

    def put(self, month: SampleMonth) -> Sample:
        """What was used first, the manifest last as AWS does; whatever lies there."""
        sample = self.sample(month)
        self.patience.say(f"copies the sample's {month} to S3")
        for folder, used in (("workloads", sample.workloads), ("usage", sample.signals)):
            self._put_if_new(used, f"s3://{EXPORT_BUCKET}/{folder}/period={month}/{used.name}")
        files = sorted(sample.manifest.parents[3].rglob(f"*BILLING_PERIOD={month}/*"))
        for file in [*(file for file in files if file != sample.manifest), sample.manifest]:
            self._put_if_new(file, f"s3://{EXPORT_BUCKET}/{file.relative_to(sample.bill)}")
        return sample

    def _is_restated(self, month: SampleMonth) -> bool:
        manifest = self.sample(month).manifest
        uri = f"s3://{EXPORT_BUCKET}/{manifest.relative_to(self.sample(month).bill)}"

        def look() -> bool:
            if not self._known(uri):
                return False
            known = json.loads(self.storage.read(uri))["executionId"]
            return bool(known == execution_of(EXPORT, month.restated))

        return persist(self.patience, f"answer about {uri}", look)

    def _known(self, uri: str) -> list[str]:
        return [item.etag for item in self.storage.list(uri) if item.uri == uri]

    def _put_if_new(self, file: Path, uri: str) -> None:
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()

        def put() -> None:
            if self._known(uri) != [digest]:
                self.storage.put(file, uri)

        persist(self.patience, f"copy of {uri}", put)


def configure(client: ApiClient, operator: Actor, sample: Sample, patience: Patience) -> None:
    """The ruleset, the plans, and where the services look."""
    content = {"content": sample.configuration.read_text()}
    client.call(operator, "attribution", "PUT", "/api/v1/ruleset", content)
    client.call(operator, "invoicing", "PUT", "/api/v1/plans", content)
    for key, kind, folder in (
        ("clusters", "workloads", "workloads/"),
        ("usage", "signals", "usage/"),
        ("aws", "bill", "exports/"),
    ):
        place = {"kind": kind, "uri": f"s3://{EXPORT_BUCKET}/{folder}"}
        source = {"key": key, **place, "awaits_first_delivery": True}
        _register(client, operator, source, patience)


def _register(
    client: ApiClient, operator: Actor, source: Mapping[str, Any], patience: Patience
) -> None:
    """A slow machine's S3 may not answer in the time that a person waits for an address' trial."""

    def register() -> Any | None:
        try:
            return client.call(operator, "ingestion", "POST", "/api/v1/sources", source)
        except Refused as refusal:
            if refusal.code != AddressFault.NO_STORAGE:
                raise
            return None

    patience.until(f"source {source['key']} that S3 answers for", register, poll=SPARING_SECONDS)
