"""20,000 tenants on a real stack: from a delivery to their statements in every service.

One JSON object: `seconds` from the manifest to the last row, which are a statement in attribution,
a margin and an estimate in the portal for each tenant; `peak_mb` of all processes of the stack;
`locks_max` in PostgreSQL's lock table at any moment, which has room for some 7,700. Fails where a
tenant is missing or their cost is not what the bill says.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from deploy.demo.checks import OLIVIA
from deploy.demo.delivery import EXPORT_BUCKET
from deploy.local.api_client import ApiClient
from deploy.local.home import Home
from deploy.local.lake import connect
from deploy.local.session import peak_mb, stack_session
from deploy.local.stack import Stack
from deploy.local.waiting import Patience
from shared.vocabulary.modes import Mode
from tests.bills import cur_line, write_delivery

PERIOD: Final = "2026-10"
# A web thread reads 5 MB of YAML in some 7 s, and two services read the same.
_ANSWER_SECONDS: Final = 120
_SETTLED_SECONDS: Final = 1_800
_SAMPLE_SECONDS: Final = 0.1
# Each tenant's own line, and its part of one line that all share.
_DIRECT: Final = Decimal("1.25")
_SHARED: Final = Decimal("0.50")
# Where each tenant has a row when all is done, beside the service that it is in.
_ROWS: Final = {
    "attribution_statement": "attribution",
    "portal_tenantmargin": "portal",
    "portal_customerestimate": "portal",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tenants", nargs="?", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trueback-tenants-") as folder:
        Path(folder).chmod(0o755)
        measured, wrong = measure(Path(folder), given.tenants)
    print(json.dumps(measured))
    if wrong:
        sys.exit(wrong)


def measure(folder: Path, tenants: int) -> tuple[dict[str, Any], str]:
    home = Home(folder / "home")
    with (
        stack_session(home, Mode.TEST) as stack,
        _locks(stack) as locks,
    ):
        _configure(stack, tenants)
        started_at = time.monotonic()
        _deliver(stack, folder / "bill", tenants)
        Patience(_SETTLED_SECONDS).until(
            "statement of each tenant in every service",
            lambda: all(_count(stack, table) == tenants for table in _ROWS) or None,
            poll=1,
        )
        seconds = time.monotonic() - started_at
        wrong = _wrong(stack, tenants)
        measured = {
            "tenants": tenants,
            "seconds": round(seconds, 1),
            "peak_mb": peak_mb(home),
            "locks_max": max(locks),
        }
    return measured, wrong


def _key(number: int) -> str:
    return f"t{number:05d}"


def _ruleset(tenants: int) -> str:
    address = "{line1: 1 Way, city: Seattle, country: US, postal_code: '98101'}"
    named = "".join(f"- {{key: {_key(n)}, name: Tenant {n}}}\n" for n in range(tenants))
    customers = "".join(
        f"- {{key: {_key(n)}, name: Customer {n}, email: ap@c{n}.example, address: {address},"
        f" contracts: [{{plan: standard, tenants: [{_key(n)}], from: 2026-01-01}}]}}\n"
        for n in range(tenants)
    )
    return (
        f"version: 1\ncurrency: USD\ntenants:\n{named}"
        "labels: {tenant: ['tag:customer']}\n"
        "pools: [{name: nat, when: {usage_type: ['*NatGateway*']}, drivers: [{even: true}]}]\n"
        "plans: [{key: standard, name: Standard, version: 1, currency: USD,"
        " components: [{kind: cost_plus, name: Cloud usage, percent: 20}]}]\n"
        f"customers:\n{customers}"
    )


def _configure(stack: Stack, tenants: int) -> None:
    servers = stack.servers
    content = {"content": _ruleset(tenants)}
    place = {"kind": "bill", "uri": f"s3://{EXPORT_BUCKET}/exports/"}
    source = {"key": "aws", **place, "awaits_first_delivery": True}
    key_file = servers.credentials.signing_key_file
    client = ApiClient(servers.service_url, key_file, answer_seconds=_ANSWER_SECONDS)
    with closing(client):
        client.call(OLIVIA, "attribution", "PUT", "/api/v1/ruleset", content)
        client.call(OLIVIA, "invoicing", "PUT", "/api/v1/plans", content)
        client.call(OLIVIA, "ingestion", "POST", "/api/v1/sources", source)


def _deliver(stack: Stack, folder: Path, tenants: int) -> None:
    """Data first, the manifest last, as AWS does."""
    lines = [cur_line(float(_DIRECT), tags={"customer": _key(n)}) for n in range(tenants)]
    shared = cur_line(float(_SHARED * tenants), usage_type="USE1-NatGateway-Bytes")
    write_delivery(folder, [[*lines, shared]], period=PERIOD)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with closing(connect(stack.servers)) as storage:
        for path in sorted(files, key=lambda path: path.name.endswith("Manifest.json")):
            storage.put(path, f"s3://{EXPORT_BUCKET}/exports/{path.relative_to(folder)}")


def _wrong(stack: Stack, tenants: int) -> str:
    """What is not as the bill says, in the portal where people see it."""
    expected = (_DIRECT + _SHARED) * tenants
    query = sql.SQL("select sum(cost), min(cost), max(cost) from portal_tenantmargin")
    total, least, most = _query(stack, "portal", query)
    each = _DIRECT + _SHARED
    if (total, least, most) != (expected, each, each):
        return f"tenants cost {total}, each {least} to {most}; the bill says {expected}"
    return ""


def _count(stack: Stack, table: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    [count] = _query(stack, _ROWS[table], query)
    return int(count)


def _query(stack: Stack, service: str, query: sql.Composable) -> tuple[Any, ...]:
    with psycopg.connect(_database(stack, service)) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _database(stack: Stack, service: str) -> str:
    return f"{stack.servers.postgres_url.rpartition('/')[0]}/{service}"


@contextmanager
def _locks(stack: Stack) -> Iterator[list[int]]:
    """How many rows the lock table has, ten times a second."""
    counts, is_done = [0], threading.Event()

    def sample() -> None:
        with psycopg.connect(stack.servers.postgres_url, autocommit=True) as connection:
            while not is_done.wait(_SAMPLE_SECONDS):
                row = connection.execute("select count(*) from pg_locks").fetchone()
                counts.append(row[0] if row else 0)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield counts
    finally:
        is_done.set()
        sampler.join()


if __name__ == "__main__":
    main()
