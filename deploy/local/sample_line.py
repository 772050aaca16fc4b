"""The main job on the sample operator: a bill becomes an approved invoice that is paid.

Everything goes the way a real one goes: objects in S3, calls to the services' APIs, Stripe's (the
stand-in's) answers and webhooks. Doing it again changes nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.local.api_client import ApiClient, Refused, persist, wait_for
from deploy.local.progress import Progress
from deploy.local.sample_checks import compare_with_stripe, compare_with_truth, connect
from deploy.local.servers import Servers
from deploy.sample.tenants import TENANTS
from deploy.sample.write import Sample, write_sample
from shared.auth.actors import Actor
from shared.lake.storage import Storage
from shared.periods import Month

EXPORT_BUCKET: Final = "aws-export"
SEED: Final = 1

OLIVIA: Final = Actor("olivia", "operator_admin")
CLARA: Final = Actor("clara", "billing_clerk")
BRUNO: Final = Actor("bruno", "billing_approver")
_STEPS: Final = (("submit", CLARA), ("approve", BRUNO), ("issue", CLARA))
_BEFORE: Final = {"submit": "draft", "approve": "in_review", "issue": "approved"}


class Stack(Protocol):
    """What the line needs of a running stack."""

    @property
    def servers(self) -> Servers: ...

    def run_manage(self, service: str, *arguments: str) -> str: ...


@dataclass
class _Line:
    stack: Stack
    month: Month
    client: ApiClient
    storage: Storage
    patience_seconds: float

    @property
    def period(self) -> str:
        return str(self.month)

    @cached_property
    def sample(self) -> Sample:
        root = self.stack.servers.home.data / "sample"
        return write_sample(root=root, period=self.month, seed=SEED, bucket=EXPORT_BUCKET)


def run_sample_line(
    stack: Stack, progress: Progress, *, period: Month | None = None, patience_seconds: float = 120
) -> dict[str, Any]:
    """Deliver, attribute, close, draft, approve, issue, be paid; the figures of what came out."""
    month = period or Month.of(datetime.now(UTC)).previous
    servers = stack.servers
    client = ApiClient(
        servers.service_url,
        servers.credentials.signing_key_file,
        patience_seconds=patience_seconds,
    )
    with closing(client), closing(connect(servers)) as storage:
        line = _Line(stack, month, client, storage, patience_seconds)
        return _run(line, progress)


def _run(line: _Line, progress: Progress) -> dict[str, Any]:
    month = line.month
    with progress.step("sample bill") as step:
        _deliver(line)
        _configure(line)
        sample = line.sample
        step.text = (
            f"sample bill: {month}, {len(TENANTS)} tenants, {sample.line_count:,} lines,"
            f" {sample.signal_count:,} signals"
        )
    with progress.step("attribution") as step:
        attributed = _attributed(line)
        proof = attributed["run"]["proof"]
        step.text = f"attributed: {proof['bill_total']} USD in = out, {proof['difference']} off"
    with progress.step("period close") as step:
        _close(line)
        invoices = _drafts(line)
        step.text = f"{month} closed, {len(invoices)} invoices drafted"
    with progress.step("invoice") as step:
        issued = _issue_one(line, invoices)
        step.text = (
            f"invoice {issued['number']}: approved by a second person, issued, paid"
            f" ({issued['total']} {issued['currency']})"
        )
    figures = _figures(line, attributed)
    _sign_people_up(line, progress, issued)
    return figures


def _sign_people_up(line: _Line, progress: Progress, issued: Any) -> None:
    """One-time links for the operator, a clerk and the customer that was billed."""
    customer = issued["customer"]
    people = (
        ("operator", OLIVIA, "Olivia Marsh"),
        ("billing clerk", CLARA, "Clara Diaz"),
        ("second approver", BRUNO, "Bruno Keller"),
        (f"customer {customer}", Actor(f"ann@{customer}", "customer_admin", customer), "Ann Lee"),
    )
    for label, actor, full_name in people:
        arguments = [actor.name, "--full-name", full_name, "--role", actor.role]
        if actor.customer:
            arguments += ["--customer", actor.customer]
        progress.link(label, line.stack.run_manage("portal", "portal_user", *arguments).strip())


def _deliver(line: _Line) -> None:
    """Data first, the manifest last, as AWS does."""
    sample = line.sample
    files = sorted(path for path in sample.bill.rglob("*") if path.is_file())
    for file in [*(file for file in files if file != sample.manifest), sample.manifest]:
        _put_if_new(line, file, f"s3://{EXPORT_BUCKET}/{file.relative_to(sample.bill)}")
    usage = f"s3://{EXPORT_BUCKET}/usage/period={line.period}"
    _put_if_new(line, sample.signals, f"{usage}/{sample.signals.name}")


def _put_if_new(line: _Line, file: Path, uri: str) -> None:
    def put() -> None:
        known = [item.size_bytes for item in line.storage.list(uri) if item.uri == uri]
        if known != [file.stat().st_size]:
            line.storage.put(file, uri)

    persist(put, seconds=line.patience_seconds)


def _configure(line: _Line) -> None:
    content = {"content": line.sample.configuration.read_text()}
    line.client.call(OLIVIA, "attribution", "PUT", "/api/v1/ruleset", content)
    line.client.call(OLIVIA, "invoicing", "PUT", "/api/v1/plans", content)
    for key, kind, folder in (("aws", "bill", "exports/"), ("usage", "signals", "usage/")):
        source = {"key": key, "kind": kind, "uri": f"s3://{EXPORT_BUCKET}/{folder}"}
        line.client.call(OLIVIA, "ingestion", "POST", "/api/v1/sources", source)


def _attributed(line: _Line) -> Any:
    """The period once every input has been attributed."""

    def look() -> Any | None:
        periods = line.client.call(OLIVIA, "attribution", "GET", "/api/v1/periods")["data"]
        if line.period not in [known["period"] for known in periods]:
            return None
        found = line.client.call(OLIVIA, "attribution", "GET", f"/api/v1/periods/{line.period}")
        is_complete = found["run"] is not None and all(check["passed"] for check in found["checks"])
        return found if is_complete else None

    return wait_for(f"complete run of {line.period}", look, seconds=line.patience_seconds)


def _close(line: _Line) -> None:
    path = f"/api/v1/periods/{line.period}/close"
    line.client.call(OLIVIA, "attribution", "POST", path, {"reasons": {}})


def _drafts(line: _Line) -> list[Any]:
    customers = line.client.call(CLARA, "invoicing", "GET", "/api/v1/customers")["data"]

    def look() -> list[Any] | None:
        found = _invoices(line)
        return found if len(found) >= len(customers) else None

    return wait_for(f"{len(customers)} invoices", look, seconds=line.patience_seconds)


def _invoices(line: _Line) -> list[Any]:
    path = f"/api/v1/invoices?period={line.period}"
    found: list[Any] = line.client.call(CLARA, "invoicing", "GET", path)["data"]
    return found


def _issue_one(line: _Line, invoices: Sequence[Any]) -> Any:
    """The largest invoice that nothing parks goes all the way; the others wait for a person."""
    chosen = max(
        (invoice for invoice in invoices if not invoice["parked_reasons"]),
        key=lambda invoice: (invoice["state"] != "draft", Decimal(invoice["total"])),
    )
    path = f"/api/v1/invoices/{chosen['invoice_id']}"
    for action, actor in _STEPS:
        invoice = line.client.call(actor, "invoicing", "GET", path)
        if invoice["state"] == _BEFORE[action]:
            body = {"version": invoice["version"], "reason": ""}
            _act(line, actor, f"{path}/actions/{action}", body, _BEFORE[action])

    def in_state(*states: str) -> Callable[[], Any | None]:
        def look() -> Any | None:
            found = line.client.call(CLARA, "invoicing", "GET", path)
            return found if found["state"] in states else None

        return look

    issued = wait_for("issued invoice", in_state("issued", "paid"), seconds=line.patience_seconds)
    _pay(line, issued["stripe_invoice_id"])
    return wait_for("paid invoice", in_state("paid"), seconds=line.patience_seconds)


def _act(line: _Line, actor: Actor, path: str, body: dict[str, Any], before: str) -> None:
    """A command whose answer was lost may have worked: then the state is not `before` any more."""
    try:
        line.client.call(actor, "invoicing", "POST", path, body)
    except Refused:
        invoice = line.client.call(actor, "invoicing", "GET", path.partition("/actions/")[0])
        if invoice["state"] == before:
            raise


def _pay(line: _Line, stripe_invoice_id: str) -> None:
    """The customer's bank transfer arrives: told to Stripe, which tells us by webhook."""
    import stripe  # noqa: PLC0415 - one second of import that only this step needs

    servers = line.stack.servers
    client = stripe.StripeClient(
        servers.credentials["stripe.api_key"],
        base_addresses={"api": servers.stripe_url},
        max_network_retries=8,
    )

    def pay() -> None:
        if client.v1.invoices.retrieve(stripe_invoice_id).status == "open":
            client.v1.invoices.pay(stripe_invoice_id, {"paid_out_of_band": True})

    persist(pay, seconds=line.patience_seconds)


def _figures(line: _Line, attributed: Any) -> dict[str, Any]:
    proof = attributed["run"]["proof"]
    invoices = _invoices(line)
    folder = attributed["run"]["folder_uri"]
    seconds = line.patience_seconds
    truth = persist(lambda: compare_with_truth(line.storage, folder, line.sample), seconds=seconds)
    at_stripe = persist(lambda: compare_with_stripe(line.stack.servers, invoices), seconds=seconds)
    return {
        **{
            name: proof[name]
            for name in (
                "bill_total",
                "attributed_total",
                "overhead_total",
                "unallocated_total",
                "excluded_total",
                "difference",
            )
        },
        "truth_mismatches": len(truth),
        "tenants": len(TENANTS),
        "invoices_drafted": len(invoices),
        "invoices_issued": sum(1 for invoice in invoices if invoice["number"]),
        "stripe_invoices": at_stripe.count,
        "stripe_equals_ours": at_stripe.equal,
    }
