"""Reads the books of a stack: S3, the four databases, the stand-in's store, the sample's folder."""

import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
import psycopg

from tests.checker.bills import amortised_total
from tests.checker.books import (
    Account,
    AtStripe,
    Books,
    Delivery,
    Invoice,
    Line,
    Month,
    Note,
    NoteAtStripe,
    Run,
)
from tests.checker.prices import contracts_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CENTS: Final = 2
_ISSUED: Final = frozenset({"issued", "paid", "overdue", "uncollectible"})
_TOTALS: Final = (
    "bill_total",
    "attributed_total",
    "overhead_total",
    "unallocated_total",
    "excluded_total",
)
_INVOICES: Final = """
    select i.invoice_id, i.customer_id, i.period, i.kind, i.state, coalesce(a.account_id, ''),
           i.total_minor, coalesce(i.restated_by_minor, 0)
    from invoicing_invoice i left join invoicing_trueupaccount a using (invoice_id)
    where i.state <> 'void'
"""
_LINES: Final = """
    select invoice_id, position, tenant, charge_group, amount_minor, cost is not null,
           to_char(service_start, 'YYYY-MM'), coalesce(account_id, '')
    from invoicing_invoiceline
"""
_NOTES: Final = """
    select n.note_id, n.invoice_id, coalesce(n.account_id, ''), n.state = 'issued',
           l.position, c.amount_minor
    from invoicing_creditnote n
    join invoicing_creditnoteline c using (note_id)
    join invoicing_invoiceline l on l.id = c.invoice_line_id
    where n.state <> 'void' and n.kind = 'true_up'
"""
_ACCOUNTS: Final = """
    select a.account_id, a.customer_id, a.period, a.waived_minor,
        coalesce((
            select sum(d.amount_minor) from invoicing_debit d
            left join invoicing_invoice i using (invoice_id)
            where d.account_id = a.account_id and d.state in ('waiting', 'placed')
                and coalesce(i.stripe_invoice_id, '') = ''
        ), 0) - coalesce((
            select sum(n.net_minor) from invoicing_creditnote n
            where n.account_id = a.account_id and n.state not in ('issued', 'void')
        ), 0)
    from invoicing_trueupaccount a
"""
_LEDGER: Final = """
    select customer_id, account, sum(amount) from invoicing_ledgerentry group by 1, 2
"""
_PERIODS: Final = """
    select p.period, closed.run_id, closed.folder_uri, closed.proof,
           newest.run_id, newest.folder_uri, newest.proof
    from attribution_period p
    left join attribution_periodclose first on first.period = p.period and first.number = 1
    left join attribution_run closed on closed.run_id = first.run_id
    join attribution_run newest on newest.period = p.period and newest.is_current
"""
_KEPT: Final = """
    select s.tenant_id, l.charge_group, sum(l.amount)
    from attribution_statement s join attribution_statementline l using (statement_id)
    where s.run_id = %s group by 1, 2
"""
_RECORDED: Final = """
    select tenant_id, sum(amount) from attribution_revenueentry where period = %s group by 1
"""
_SHOWN: Final = """
    select m.tenant, m.cost, coalesce(m.revenue, 0) from portal_tenantmargin m
    join portal_periodsummary p on p.period = m.period and p.run_id = m.run_id where m.period = %s
"""


@dataclass(frozen=True)
class Places:
    """Where all of it is. `sample` is the folder that AWS's deliveries were written to, and what
    the generator meant by them; `bills_uri` is where AWS delivers to."""

    postgres_url: str
    s3_url: str
    s3_access_key: str
    s3_secret_key: str
    bills_uri: str
    stripe_url: str
    stripe_api_key: str
    sample: Path


def read_books(places: Places) -> Books:
    """Of a stack that has settled; raises where anything of it is away."""
    return _Reader(places).books()


class _Reader:
    def __init__(self, places: Places) -> None:
        self._places = places
        self._s3: S3Client = boto3.client(
            "s3",
            endpoint_url=places.s3_url,
            aws_access_key_id=places.s3_access_key,
            aws_secret_access_key=places.s3_secret_key,
            region_name="us-east-1",
        )

    def books(self) -> Books:
        configuration = (self._places.sample / "trueback.yaml").read_text(encoding="utf-8")
        return Books(
            months=[self._month(*row) for row in self._rows("attribution", _PERIODS)],
            contracts=contracts_of(configuration),
            invoices=self._invoices(),
            notes=self._notes(),
            accounts={
                account_id: Account(customer, period, _dollars(waived), _dollars(waits))
                for account_id, customer, period, waived, waits in self._rows(
                    "invoicing", _ACCOUNTS
                )
            },
            at_stripe=self._at_stripe(),
            notes_at_stripe=self._notes_at_stripe(),
            ledger=_by_group(self._rows("invoicing", _LEDGER)),
        )

    def _rows(self, service: str, query: str, *parameters: str) -> list[tuple[Any, ...]]:
        url = self._places.postgres_url.rsplit("/", 1)[0] + f"/{service}"
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def _month(self, period: str, *runs: Any) -> Month:
        """The newest delivery is read where it lies in S3; AWS has overwritten the one before."""
        closed, newest = runs[:3], runs[3:]
        shown = self._rows("portal", _SHOWN, period)
        restated = self._places.sample / "restated"
        return Month(
            period=period,
            delivered=self._delivery(self._places.sample, period, self._written(period)),
            closed=self._run(*closed) if closed[0] else None,
            newest_delivered=self._delivery(
                restated if (restated / f"truth-{period}.json").exists() else self._places.sample,
                period,
                self._fetched(period),
            ),
            newest=self._run(*newest),
            shown_costs={tenant: cost for tenant, cost, _ in shown},
            shown_revenue={tenant: revenue for tenant, _, revenue in shown},
            recorded_revenue=dict(self._rows("attribution", _RECORDED, period)),
        )

    def _run(self, run_id: str, folder_uri: str, proof: Mapping[str, str]) -> Run:
        statements = csv.DictReader(  # noqa: TID251 - by nothing of the product
            io.StringIO(self._object(f"{folder_uri}/statements.csv").decode())
        )
        return Run(
            published=_by_group(
                (row["tenant"], row["charge_group"], Decimal(row["amount"])) for row in statements
            ),
            kept=_by_group(self._rows("attribution", _KEPT, run_id)),
            totals={name: Decimal(proof[name]) for name in _TOTALS},
        )

    def _delivery(self, folder: Path, period: str, total: Decimal) -> Delivery:
        meant = json.loads((folder / f"truth-{period}.json").read_text(encoding="utf-8"))
        tenants = meant["tenants"]
        return Delivery(
            total=total,
            truth={
                **{key: Decimal(one["amount"]) for key, one in tenants.items()},
                **{key: Decimal(amount) for key, amount in meant["others"].items()},
            },
            # Of others the file doesn't say; nobody has more shares than there are lines.
            cells={
                **dict.fromkeys(meant["others"], meant["lines"]),
                **{key: one["cells"] for key, one in tenants.items()},
            },
        )

    def _written(self, period: str) -> Decimal:
        folder = self._places.sample / "bill"
        return amortised_total(sorted(folder.rglob(f"data/BILLING_PERIOD={period}/*.parquet")))

    def _fetched(self, period: str) -> Decimal:
        """The files that AWS's manifest names."""
        bucket, _, prefix = self._places.bills_uri.removeprefix("s3://").partition("/")
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        [manifest] = [
            item["Key"]
            for page in pages
            for item in page.get("Contents", ())
            if item["Key"].endswith("-Manifest.json")
            and f"/BILLING_PERIOD={period}/" in item["Key"]
        ]
        uris = json.loads(self._object(f"s3://{bucket}/{manifest}"))["dataFiles"]
        with tempfile.TemporaryDirectory(prefix="trueback-checker-") as name:
            files = [Path(name) / f"{part}.parquet" for part in range(len(uris))]
            for file, uri in zip(files, uris, strict=True):
                file.write_bytes(self._object(uri))
            return amortised_total(files)

    def _object(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def _invoices(self) -> Sequence[Invoice]:
        lines: defaultdict[str, dict[str, Line]] = defaultdict(dict)
        for invoice_id, position, tenant, group, minor, *rest in self._rows("invoicing", _LINES):
            lines[invoice_id][str(position)] = Line(tenant, group, _dollars(minor), *rest)
        return [
            Invoice(
                invoice_id=invoice_id,
                customer=customer,
                period=period,
                is_standard=kind == "standard",
                is_issued=state in _ISSUED,
                is_paid=state == "paid",
                account=account,
                total=_dollars(total),
                restated_by=_dollars(restated_by),
                lines=lines[invoice_id],
            )
            for invoice_id, customer, period, kind, state, account, total, restated_by in (
                self._rows("invoicing", _INVOICES)
            )
        ]

    def _notes(self) -> Sequence[Note]:
        lines: defaultdict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(dict)
        for *note, position, minor in self._rows("invoicing", _NOTES):
            lines[tuple(note)][str(position)] = _dollars(minor)
        return [Note(*note, of_note) for note, of_note in lines.items()]

    def _at_stripe(self) -> Sequence[AtStripe]:
        return [
            AtStripe(
                stripe_id=each["id"],
                invoice_id=each["metadata"].get("trueback_invoice", ""),
                status=each["status"],
                total=_dollars(each["total"]),
                lines=_sums_of_lines(each["all_lines"]),
            )
            for each in self._stored("invoices")
            if each["status"] != "void"
        ]

    def _notes_at_stripe(self) -> Sequence[NoteAtStripe]:
        lines = {
            line["id"]: line["metadata"].get("trueback_line", line["id"])
            for each in self._stored("invoices")
            for line in each["all_lines"]
        }
        ours = {each["id"]: each["metadata"] for each in self._stored("invoices")}
        return [
            NoteAtStripe(
                note_id=each["metadata"].get("trueback_document", each["id"]),
                invoice_id=ours[each["invoice"]].get("trueback_invoice", ""),
                remaining=_dollars(each["pre_payment_amount"]),
                balance=_dollars(each["post_payment_amount"]),
                lines={
                    lines[line["invoice_line_item"]]: _dollars(line["amount"])
                    for line in each["all_lines"]
                },
            )
            for each in self._stored("credit_notes")
            if each["status"] != "void"
        ]

    def _stored(self, name: str) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{self._places.stripe_url}/_control/{name}",
            headers={"Authorization": f"Bearer {self._places.stripe_api_key}"},
            timeout=30,
        )
        stored: list[dict[str, Any]] = answer.raise_for_status().json()[name]
        return stored


def _sums_of_lines(lines: Iterable[Mapping[str, Any]]) -> Mapping[str, Decimal]:
    """A line that is there twice counts twice."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line["metadata"].get("trueback_line", line["id"])] += _dollars(line["amount"])
    return dict(sums)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-_CENTS)


def _by_group(rows: Iterable[Sequence[Any]]) -> dict[str, dict[str, Decimal]]:
    grouped: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for name, group, amount in rows:
        grouped[name][group] += amount
    return {name: dict(groups) for name, groups in grouped.items()}
