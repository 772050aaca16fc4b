"""The manifest of a delivery: which files it is made of. Read tolerantly.

CUR 2.0 and FOCUS name `dataFiles` (full `s3://bucket/key` URLs) and `executionId`, a legacy CUR
`reportKeys` (bucket-relative keys) and `assemblyId` (docs/reference/aws-bills.md). AWS writes it
after the last data file, so it is the commit mark: only the files it lists are read.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from shared.faults import BadInput, Fault
from shared.input_limits import FILES_MAX, MANIFEST_BYTES_MAX, beyond
from shared.periods import Month

_PARTITION = re.compile(r"billing_period=([0-9]{4}-[0-9]{2})", re.IGNORECASE)
_RANGE = re.compile(r"(?:^|/)([0-9]{4})(0[1-9]|1[0-2])[0-9]{2}-[0-9]{8}(?:/|$)")
_OTHER_MANIFESTS = ("redshiftmanifest.json", "quicksightmanifest.json")
_LISTS = ("dataFiles", "reportKeys")
"""Where a manifest names the files; the first that does counts."""
_EXECUTION_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?)-[0-9a-f-]{36}")


@dataclass(frozen=True)
class Manifest:
    path: Path
    place: str
    """Its path inside the folder or bucket, with `/`."""
    export: str
    execution_id: str
    keys: tuple[str, ...]
    period: Month | None
    modified_at: float

    @property
    def age_key(self) -> tuple[str, bool, float, str]:
        """Newest last: by the time in the execution's folder, else by when it was written.

        A legacy CUR that keeps its versions has a manifest in each one's own folder, and beside
        these folders a copy of the newest, which is right even where times of files were lost.
        """
        written = _EXECUTION_TIME.search(self.place) or next(
            (match for key in self.keys if (match := _EXECUTION_TIME.search(key))), None
        )
        parent = self.place.split("/")[-2:-1]
        is_latest = not self.execution_id or parent != [self.execution_id]
        return (written[1] if written else "", is_latest, self.modified_at, self.place)


def is_manifest(place: str) -> bool:
    """Those that AWS writes beside it for Redshift and QuickSight are none of ours."""
    name = place.rsplit("/", 1)[-1].lower()
    return name.endswith("manifest.json") and not name.endswith(_OTHER_MANIFESTS)


def partition_month(place: str) -> Month | None:
    """Raises BadInput where the place names a month that there is none of."""
    match = _PARTITION.search(unquote(place))
    if match:
        return _month(match[1], file=place)
    ranged = _RANGE.search(place)
    return _month(f"{ranged[1]}-{ranged[2]}", file=place) if ranged else None


def _month(text: str, *, file: str) -> Month:
    try:
        return Month.parse(text)
    except Fault as fault:
        raise BadInput(
            fault.message, file=file, remedy="Sync the delivery again, or correct the name."
        ) from fault


def read_manifest(path: Path, *, place: str, modified_at: float) -> Manifest:
    check_manifest_size(path.stat().st_size, file=str(path))
    content = _content(path)
    keys = tuple(_key(entry, path) for entry in _listed(content, path))
    period = _declared_month(content, path) or partition_month(place)
    if period is None:
        period = next((month for key in keys if (month := partition_month(key))), None)
    name = place.rsplit("/", 1)[-1]
    return Manifest(
        path=path,
        place=place,
        export=re.sub(r"[-_]?manifest[.]json$", "", name, flags=re.IGNORECASE),
        execution_id=str(content.get("executionId") or content.get("assemblyId") or ""),
        keys=keys,
        period=period,
        modified_at=modified_at,
    )


def check_manifest_size(size_bytes: int, *, file: str) -> None:
    """Raises BadInput for one that is not even fetched."""
    if size_bytes > MANIFEST_BYTES_MAX:
        raise beyond("the manifest has more than {} bytes", MANIFEST_BYTES_MAX, file=file)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise BadInput(
            f"the manifest is not readable as JSON: {error}.",
            file=str(path),
            remedy="Fetch it again.",
        ) from error
    if not isinstance(content, Mapping):
        raise BadInput("the manifest is no JSON object.", file=str(path), remedy="Fetch it again.")
    return content


def _listed(content: Mapping[str, Any], path: Path) -> list[Any]:
    for field in _LISTS:
        listed = content.get(field)
        if isinstance(listed, list) and listed:
            if len(listed) > FILES_MAX:
                raise beyond("it lists more than {} files", FILES_MAX, file=str(path), field=field)
            return listed
    if not set(_LISTS) & set(content):
        raise BadInput(
            f"no manifest of AWS: it has neither {' nor '.join(_LISTS)}.",
            file=str(path),
            remedy="Give the folder of the export alone, or the bill's file.",
        )
    raise BadInput(
        "the manifest lists no data file.",
        file=str(path),
        field="dataFiles",
        remedy="Wait for a complete delivery, or fetch the manifest again.",
    )


def _key(entry: Any, path: Path) -> str:
    if isinstance(entry, Mapping):
        entry = next((entry[name] for name in ("key", "url", "path") if name in entry), None)
    if not isinstance(entry, str) or not entry:
        raise BadInput(
            "a listed data file is no text.",
            file=str(path),
            field="dataFiles",
            remedy="Fetch the manifest again.",
        )
    return re.sub(r"^s3[an]?://[^/]+/", "", entry).strip("/")


def _declared_month(content: Mapping[str, Any], path: Path) -> Month | None:
    declared = content.get("billingPeriod") or content.get("billing_period")
    if isinstance(declared, Mapping):
        declared = declared.get("start")
    if not isinstance(declared, str):
        return None
    for form in ("%Y%m%dT%H%M%S.%fZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m"):
        try:
            moment = datetime.strptime(declared, form)  # noqa: DTZ007 - all are UTC
        except ValueError:
            continue
        return _month(f"{moment:%Y-%m}", file=str(path))
    return None
