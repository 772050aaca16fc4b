"""Deliveries that nobody should send, and sources that are none."""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from deploy.demo.delivery import EXPORT_BUCKET
from deploy.demo.line import OLIVIA
from deploy.local.lake import connect
from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim, until
from tests.bills import focus_line, write_focus, write_manifest
from tests.hostile_bills import HOSTILE_BILLS

_BOMB_MEMBERS: Final = 1_200
_LINES_EACH: Final = 20
_LONG_ID: Final = "i-" + "x" * 50_000


def _bomb(folder: Path) -> Path:
    """A true bill of 1.2 GB in some MB: a gzip may have any number of members."""
    path = write_focus(folder / "bill.csv.gz", [focus_line()])
    lines = write_focus(folder / "lines.csv", [focus_line(ResourceId=_LONG_ID)] * _LINES_EACH)
    _, rows = lines.read_bytes().split(b"\n", 1)
    lines.unlink()
    path.write_bytes(path.read_bytes() + gzip.compress(rows) * _BOMB_MEMBERS)
    return path


# One of each reader: all of them are tried by the engine's suite.
_OF_EACH_READER: Final = (
    "a start that is empty",
    "tags that are a list",
    "a cost that is a list",
    "a manifest of month 13",
    "a manifest of a file that no text can name",
    "a zip whose directory lies",
)
_BILLS: Final = {
    **{name: HOSTILE_BILLS[name] for name in _OF_EACH_READER},
    "a gzip that unpacks to gigabytes": _bomb,
}
_JUDGED_SECONDS: Final = 60
_NOWHERE: Final = (
    *("file:///etc/passwd", "/etc/passwd", "http://169.254.169.254/latest/meta-data/"),
    *("https://attacker.example/bill", "ftp://127.0.0.1/x", "gs://bucket/x", "s3:/x", "S3://x/y"),
    *("s3://", "s3:///exports/", "", "../exports", "s3://a b/c", "s3://bucket\0/x"),
)


def _key(number: int) -> str:
    return f"hostile-{number}"


def _deliver(victim: Victim) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(connect(victim.stack.servers)) as storage:
        for number, write in enumerate(_BILLS.values()):
            place = Path(folder) / str(number)
            place.mkdir()
            uri = f"s3://{EXPORT_BUCKET}/{_key(number)}/"
            bill = write(place)
            if bill.is_file():
                write_manifest(place, [f"{uri}{bill.relative_to(place)}"])
            files = [path for path in place.rglob("*") if path.is_file()]
            for path in sorted(files, key=lambda path: path.name.endswith("Manifest.json")):
                storage.put(path, f"{uri}{path.relative_to(place)}")
            source = {"key": _key(number), "kind": "bill", "uri": uri}
            victim.ask(OLIVIA, "ingestion", "POST", "/api/v1/sources", json=source)


@attack("a ledger that a made-up bill gets into, or a queue that it blocks", prepare=_deliver)
def hostile_bills(victim: Victim) -> Iterator[Case]:
    for number, name in enumerate(_BILLS):
        until(
            lambda number=number: _judged(victim, number)[0] not in {"found", "waiting"},
            seconds=_JUDGED_SECONDS,
        )
        state, error = _judged(victim, number)
        yield Case(name, "" if state == "quarantined" and error else f"{state}: {error[:200]}")


def _judged(victim: Victim, number: int) -> tuple[str, str]:
    query = "select state, error from ingestion_delivery where source_id = %s"
    rows = victim.rows("ingestion", query, _key(number))
    return (str(rows[0][0]), str(rows[0][1])) if rows else ("found", "no delivery was found")


@attack("files of the machine, or of the cloud's own network, read as a bill")
def sources_elsewhere(victim: Victim) -> Iterator[Case]:
    for number, uri in enumerate(_NOWHERE):
        source = {"key": f"elsewhere-{number}", "kind": "bill", "uri": uri}
        code = victim.ask(OLIVIA, "ingestion", "POST", "/api/v1/sources", json=source).status_code
        yield Case(repr(uri), "" if 400 <= code < 500 else f"answered {code}")


@attack("what trueback has written itself comes in as a bill once more")
def own_lake(victim: Victim) -> Iterator[Case]:
    lake = victim.stack.servers.service_environment("ingestion")["TRUEBACK_LAKE_URI"]
    for number, uri in enumerate((lake, f"{lake}/", f"{lake}/snapshots/")):
        source = {"key": f"own-{number}", "kind": "signals", "uri": uri}
        code = victim.ask(OLIVIA, "ingestion", "POST", "/api/v1/sources", json=source).status_code
        yield Case(uri, "" if 400 <= code < 500 else f"answered {code}")
