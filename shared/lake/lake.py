"""Where the lake keeps what, and the one connection to it that a service has."""

import os
from functools import lru_cache
from pathlib import Path

from shared.lake.storage import FOR_JOBS, Patience, Storage
from shared.runtime.environment import ServiceEnvironment


def storage(environment: ServiceEnvironment, *, patience: Patience = FOR_JOBS) -> Storage:
    secret = environment.s3_secret_key
    return _storage(
        environment.s3_endpoint_url,
        environment.s3_access_key,
        secret.get_secret_value() if secret else None,
        environment.ca_file,
        patience,
    )


# botocore reads its models of S3 for each client, which takes longer than most requests; threads
# may share one. More than one is kept only where a process changes its settings.
@lru_cache(maxsize=4)
def _storage(
    endpoint_url: str | None,
    access_key: str | None,
    secret_key: str | None,
    ca_file: Path | None,
    patience: Patience,
) -> Storage:
    return Storage.connect(
        endpoint_url=endpoint_url,
        access_key=access_key,
        secret_key=secret_key,
        ca_file=ca_file,
        patience=patience,
    )


# A child would speak on its parent's connections, in between the parent's own words.
os.register_at_fork(after_in_child=_storage.cache_clear)


class Lake:
    """Objects are immutable: each snapshot, set and run has a folder of its own."""

    def __init__(self, environment: ServiceEnvironment) -> None:
        self.root = environment.lake_uri.rstrip("/")
        self.storage = storage(environment)

    def snapshot_folder(self, *, source: str, period: str, snapshot_id: str) -> str:
        return f"{self.root}/bills/source={source}/period={period}/snapshot={snapshot_id}"

    def input_folder(self, kind: str, *, source: str, period: str, set_id: str) -> str:
        """`kind` is `signals` or `workloads`."""
        return f"{self.root}/{kind}/source={source}/period={period}/set={set_id}"

    def run_folder(self, *, period: str, run_id: str) -> str:
        return f"{self.root}/allocations/period={period}/run={run_id}"

    def answer_uri(self, *, kind: str, answer_id: str) -> str:
        return f"{self.root}/answers/{kind}/{answer_id}.json"

    def anchor_uri(self, service: str, day: str) -> str:
        """Of what is written once a day; without a day, what all of them begin with."""
        return f"{self.root}/anchors/{service}/{f'{day}.json' if day else ''}"

    def publish(self, files: list[Path], folder: str) -> list[str]:
        return [self.storage.put(file, f"{folder}/{file.name}") for file in files]

    def fetch_all(self, uris: list[str], to: Path) -> list[Path]:
        """Each to a name of its own, in the order given."""
        return [
            self.storage.fetch(uri, to / f"{index:05d}-{uri.rpartition('/')[2]}")
            for index, uri in enumerate(uris)
        ]

    def publish_tree(self, root: Path, folder: str) -> None:
        """All files under `root`, by their paths from there."""
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            self.storage.put(file, f"{folder}/{file.relative_to(root).as_posix()}")

    def fetch_tree(self, folder: str, to: Path) -> None:
        """What `publish_tree` left there, if it did."""
        for item in self.storage.list(f"{folder}/"):
            self.storage.fetch(item.uri, to / item.uri.removeprefix(f"{folder}/"))
