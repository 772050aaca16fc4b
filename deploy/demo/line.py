"""The main job on the sample operator: bills become approved invoices that are paid.

Everything goes the way a real one goes: objects in S3, calls to the services' APIs, Stripe's (the
stand-in's) answers and webhooks. Doing it again changes nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from deploy.demo.billing import BRUNO, CLARA, Billing, largest
from deploy.demo.checks import (
    OLIVIA,
    compare_with_stripe,
    compare_with_truth,
    delivered_runs,
)
from deploy.demo.delivery import Deliveries, configure
from deploy.local.api_client import SPARING_SECONDS, ApiClient, persist
from deploy.local.lake import connect
from deploy.local.movement import job_times, log_file, running_state
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.waiting import Patience
from deploy.sample_company.months import OFFSETS, SampleMonth, months_of
from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.write import Sample
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.periods import Month
from shared.vocabulary.roles import Role

__all__ = ["BRUNO", "CLARA", "OLIVIA", "Stack", "last_full_month", "run_sample_line"]

_OTTO: Final = Actor("otto", Role.OPERATOR_ADMIN)
# Who has not paid the month before the anchor yet.
_LATE_PAYER: Final = "halcyon"
_BESIDE: Final = 4
_TOTALS: Final = (
    "bill_total",
    "attributed_total",
    "overhead_total",
    "unallocated_total",
    "excluded_total",
    "difference",
)


class Stack(Protocol):
    """What the line needs of a running stack."""

    @property
    def servers(self) -> Servers: ...

    def run_manage(self, service: str, *arguments: str) -> str: ...


@dataclass
class _Line:
    stack: Stack
    months: Sequence[SampleMonth]
    client: ApiClient
    deliveries: Deliveries
    billing: Billing
    patience: Patience

    @property
    def anchor(self) -> SampleMonth:
        return next(month for month in self.months if month.offset == 0)

    @property
    def older(self) -> list[SampleMonth]:
        return [month for month in self.months if month.offset < 0]

    @property
    def running(self) -> list[SampleMonth]:
        return [month for month in self.months if month.offset > 0]

    def period(self, month: SampleMonth) -> Any:
        return self.client.call(OLIVIA, "attribution", "GET", f"/api/v2/periods/{month}")


def last_full_month() -> Month:
    return Month.of(datetime.now(UTC)).previous


def run_sample_line(
    stack: Stack,
    progress: Progress,
    *,
    anchor: Month | None = None,
    offsets: Collection[int] = OFFSETS,
    patience: Patience | None = None,
    samples: dict[SampleMonth, Sample] | None = None,
) -> dict[str, Any]:
    """Deliver, attribute, close, bill, be paid, restate; the figures of what came out.

    `offsets` says which of the sample's months are delivered; the anchor is one of them. `samples`
    are those that are written already, and take up those that this line writes. Without a
    `patience` it goes on as long as the services' answers change or a job computes.
    """
    servers = stack.servers
    chosen = [month for month in months_of(anchor or last_full_month()) if month.offset in offsets]
    home, key_file = servers.home, servers.credentials.signing_key_file
    # Of a service that does not answer nothing moves, as long as there is one.
    unanswered = Patience(
        moves=lambda: bool(running_state(home)), say=progress.now, log=log_file(home)
    )
    client = ApiClient(servers.service_url, key_file, patience=patience or unanswered)
    waits = patience or replace(unanswered, moves=lambda: (client.news, job_times(home)))
    with closing(client), closing(connect(servers)) as storage:
        root = servers.home.data / "sample"
        deliveries = Deliveries(storage, root, waits, {} if samples is None else samples)
        billing = Billing(servers, client, waits)
        line = _Line(stack, chosen, client, deliveries, billing, waits)
        return _run(line, progress)


def _run(line: _Line, progress: Progress) -> dict[str, Any]:
    with ThreadPoolExecutor(_BESIDE) as beside:
        _deliver(line, progress)
        beside.submit(line.deliveries.sample, line.anchor.restated)
        if line.older:
            _bill_older(line, progress)
        paid = _bill_anchor(line, progress)
        links = [
            (label, beside.submit(_sign_up, line, actor, name))
            for label, actor, name in _people(paid["customer"])
        ]
        for month in line.running:
            with progress.step(f"{month} so far") as step:
                proof = _attributed(line, month)["run"]["proof"]
                step.text = f"{month} so far: {_usd(proof)} allocated, it stays open"
        _restate(line, paid, progress)
        for label, link in links:
            progress.link(label, link.result())
        return _figures(line)


def _deliver(line: _Line, progress: Progress) -> None:
    with progress.step("sample bills") as step:
        configure(line.client, OLIVIA, line.deliveries.sample(line.months[0]), line.patience)
        samples = [line.deliveries.deliver(month) for month in line.months]
        span = " to ".join(dict.fromkeys([str(line.months[0]), str(line.months[-1])]))
        step.text = (
            f"sample bills: {span}, {len(TENANTS)} tenants,"
            f" {sum(sample.line_count for sample in samples):,} bill lines,"
            f" {sum(sample.signal_count for sample in samples):,} signals,"
            f" {sum(sample.workload_count for sample in samples):,} pod and task hours"
        )


def _attributed(line: _Line, month: SampleMonth) -> Any:
    """The period once every input has been attributed."""

    def look() -> Any | None:
        periods = line.client.call(OLIVIA, "attribution", "GET", "/api/v1/periods")["data"]
        if str(month) not in [known["period"] for known in periods]:
            return None
        period = line.period(month)
        failed = {check["name"] for check in period["checks"] if not check["passed"]}
        is_complete = period["run"] is not None and not failed - {"month_is_over"}
        return period if is_complete or period["closed_run"] else None

    return line.patience.until(f"complete run of {month}", look, poll=SPARING_SECONDS)


def _close(line: _Line, month: SampleMonth) -> Any:
    """The run that the period was closed on."""
    path = f"/api/v2/periods/{month}/close"
    return line.client.call(OLIVIA, "attribution", "POST", path, {"reasons": {}})["closed_run"]


def _bill_older(line: _Line, progress: Progress) -> None:
    """History: all is issued, and all but one invoice paid."""
    with progress.step("history") as step:
        closed, sent = [], []
        for month in line.older:
            _attributed(line, month)
            closed.append(f"{month} closed on {_usd(_close(line, month)['proof'])}")
            sent += line.billing.send(line.billing.drafts(month))
        issued = line.billing.issued(sent)
        late = (_LATE_PAYER, str(line.older[-1]))
        paid = line.billing.be_paid(
            [one for one in issued if (one["customer"], one["period"]) != late]
        )
        step.text = f"{', '.join(closed)}: {len(issued)} invoices issued, {len(paid)} paid"


def _bill_anchor(line: _Line, progress: Progress) -> Any:
    """One invoice goes all the way; the others wait for a person."""
    month = line.anchor
    with progress.step("attribution") as step:
        period = _attributed(line, month)
        proof = (period["closed_run"] or period["run"])["proof"]
        step.text = f"{month} allocated: {_usd(proof)} in = out, {proof['difference']} off"
    with progress.step("period close") as step:
        _close(line, month)
        invoices = line.billing.drafts(month)
        step.text = f"{month} closed, {len(invoices)} invoices drafted"
    with progress.step("invoice") as step:
        issued = line.billing.issued(line.billing.send([largest(invoices)]))
        paid = line.billing.be_paid(issued)[0]
        step.text = (
            f"invoice {paid['number']}: approved by a second person, issued, paid"
            f" ({paid['total']} {paid['currency']})"
        )
    return paid


def _usd(proof: Any) -> str:
    return f"{Decimal(proof['bill_total']):,.2f} {proof['currency']}"


def _restate(line: _Line, issued: Any, progress: Progress) -> None:
    """AWS delivers the anchor again; the closed period stays as it is, and says what changed."""
    with progress.step("restatement") as step:
        sample = line.deliveries.deliver(line.anchor.restated)

        def look() -> Any | None:
            period = line.period(line.anchor)
            run, closed = period["run"], period["closed_run"]
            is_new = Decimal(run["proof"]["bill_total"]) == sample.bill_total
            is_whole = is_new and run["signal_set_ids"] != closed["signal_set_ids"]
            return period if is_whole and all(one["passed"] for one in period["checks"]) else None

        what = f"restated run of {line.anchor}"
        period = line.patience.until(what, look, poll=SPARING_SECONDS)
        flagged = line.billing.restated(issued, _costs(line, issued))
        drafts = line.billing.release(str(line.anchor))
        by = sample.bill_total - Decimal(period["closed_run"]["proof"]["bill_total"])
        step.text = (
            f"{line.anchor} restated by AWS: {by:+,.2f} USD,"
            f" {len(period['revised_tenants'])} statements revised,"
            f" invoice {flagged['number']} off by {Decimal(flagged['restated_by']):+,.2f},"
            f" {drafts} drafts wait for a person"
        )


def _costs(line: _Line, invoice: Any) -> dict[str, Decimal]:
    """The newest cost of the tenants that the invoice is for."""
    path = f"/api/v1/periods/{invoice['period']}/statements"
    tenants = {item["tenant"] for item in invoice["lines"]}
    return {
        tenant: Decimal(line.client.call(OLIVIA, "attribution", "GET", f"{path}/{tenant}")["cost"])
        for tenant in tenants
    }


def _people(customer: str) -> Iterator[tuple[str, Actor, str]]:
    """Who looks around: two operators, a clerk, an approver and the customer that was billed."""
    yield "operator", OLIVIA, "Olivia Marsh"
    yield "second administrator", _OTTO, "Otto Brandt"
    yield "billing clerk", CLARA, "Clara Diaz"
    yield "second approver", BRUNO, "Bruno Keller"
    yield f"customer {customer}", Actor(f"ann@{customer}", Role.CUSTOMER_ADMIN, customer), "Ann Lee"


def _sign_up(line: _Line, actor: Actor, full_name: str) -> str:
    """A one-time link."""
    arguments = [actor.name, "--full-name", full_name, "--role", actor.role]
    if actor.customer:
        arguments += ["--customer", actor.customer]
    return persist(
        line.patience,
        f"link for {actor.name}",
        lambda: line.stack.run_manage("portal", "portal_user", *arguments).strip(),
        passing=(Fault,),
    )


def _figures(line: _Line) -> dict[str, Any]:
    """Totals are of the run that the anchor was closed on; invoices are of all months."""
    anchor = line.period(line.anchor)
    invoices = line.billing.invoices()
    at_stripe = persist(
        line.patience,
        "list of invoices at Stripe",
        lambda: compare_with_stripe(line.stack.servers, invoices),
    )
    return {
        **{name: anchor["closed_run"]["proof"][name] for name in _TOTALS},
        "truth_mismatches": len(_untrue(line)),
        "restated_tenants": len(anchor["revised_tenants"]),
        "tenants": len(TENANTS),
        "invoices_drafted": len(invoices),
        "invoices_issued": sum(1 for invoice in invoices if invoice["number"]),
        "stripe_invoices": at_stripe.count,
        "stripe_equals_ours": at_stripe.equal,
    }


def _untrue(line: _Line) -> list[str]:
    """Of every month, and of the anchor before and after it was restated."""

    def look() -> list[str]:
        return [
            f"{month}: {finding}"
            for month, run in delivered_runs(line.client, line.months)
            for finding in compare_with_truth(
                line.deliveries.storage, run["folder_uri"], line.deliveries.sample(month).truth
            )
        ]

    return persist(line.patience, "answer of the lake", look)
