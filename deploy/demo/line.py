"""The main job on the sample operator: bills become approved invoices that are paid.

Everything goes the way a real one goes: objects in S3, calls to the services' APIs, Stripe's (the
stand-in's) answers and webhooks. Doing it again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from deploy.demo.billing import BRUNO, CLARA, Billing
from deploy.demo.checks import (
    OLIVIA,
    changed_tenants,
    compare_with_stripe,
    compare_with_truth,
    delivered_runs,
)
from deploy.demo.delivery import Deliveries, configure
from deploy.demo.true_up import TrueUp, look_at_true_up
from deploy.local.api_client import SPARING_SECONDS, ApiClient, persist
from deploy.local.lake import connect
from deploy.local.movement import job_times, log_file, running_state
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.waiting import Patience
from deploy.sample_company.months import (
    OFFSETS,
    SampleMonth,
    delivered_months,
    restated_anchor,
)
from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.write import Sample
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.periods import Month
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import Role

__all__ = [
    "BRUNO",
    "CLARA",
    "OLIVIA",
    "Stack",
    "business_date",
    "last_full_month",
    "run_sample_line",
]

_OTTO: Final = Actor("otto", Role.OPERATOR_ADMIN)
# Who has not paid the month before the anchor yet.
_LATE_PAYER: Final = "halcyon"
# Whose invoices of the anchor are issued before it is restated, and who has paid by then.
_INVOICED: Final = ("acme", "eastgate", "northfold", "initech", "halcyon", "fennec")
_PAID: Final = ("acme", "eastgate", "northfold")
_BESIDE: Final = 4
_DAY: Final = 23
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

    @property
    def restated(self) -> SampleMonth:
        return restated_anchor(self.months)

    def period(self, month: SampleMonth) -> Any:
        return self.client.call(OLIVIA, "attribution", "GET", f"/api/v2/periods/{month}")


def last_full_month() -> Month:
    return Month.of(datetime.now(UTC)).previous


def business_date(anchor: Month) -> date:
    """The sample stands on the 23rd of the month after the anchor, of which 20 days are billed."""
    return anchor.following.start.date().replace(day=_DAY)


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
    chosen = delivered_months(anchor or last_full_month(), offsets)
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
        beside.submit(line.deliveries.sample, line.restated)
        if line.older:
            _bill_older(line, progress)
        paid = _bill_anchor(line, progress)
        links = [
            (label, beside.submit(_sign_up, line, actor, name))
            for label, actor, name in _people(paid["customer"])
        ]
        for month in line.running:
            _charge_late(line, month, progress)
        _restate(line, progress)
        for label, link in links:
            progress.link(label, link.result())
        return _figures(line)


def _deliver(line: _Line, progress: Progress) -> None:
    with progress.step("sample bills") as step:
        configure(line.client, OLIVIA, line.deliveries.sample(line.months[0]), line.patience)
        months = [*line.older, line.anchor]
        samples = [line.deliveries.deliver(month) for month in months]
        span = " to ".join(dict.fromkeys(map(str, (months[0], months[-1]))))
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
    """Most invoices go out, and half of those are paid; the others wait for a person."""
    month = line.anchor
    with progress.step("attribution") as step:
        period = _attributed(line, month)
        proof = (period["closed_run"] or period["run"])["proof"]
        step.text = f"{month} allocated: {_usd(proof)} in = out, {proof['difference']} off"
    with progress.step("period close") as step:
        _close(line, month)
        invoices = line.billing.drafts(month)
        step.text = f"{month} closed, {len(invoices)} invoices drafted"
    with progress.step("invoices") as step:
        chosen = [invoice for invoice in invoices if invoice["customer"] in _INVOICED]
        issued = line.billing.issued(line.billing.send(chosen))
        paid = line.billing.be_paid([one for one in issued if one["customer"] in _PAID])
        first = max(paid, key=lambda invoice: Decimal(invoice["total"]))
        step.text = (
            f"{len(issued)} invoices approved by a second person and issued, {len(paid)} paid,"
            f" {first['number']} among them ({first['total']} {first['currency']})"
        )
    return first


def _usd(proof: Any) -> str:
    return f"{Decimal(proof['bill_total']):,.2f} {proof['currency']}"


def _charge_late(line: _Line, month: SampleMonth, progress: Progress) -> None:
    """The bill of the current month charges for an hour of the anchor, which closes again."""
    with progress.step(f"{month} so far") as step:
        line.deliveries.deliver(month)
        proof = _attributed(line, month)["run"]["proof"]
        anchor = _closed_again(line, lambda period: _has_late_line(period, month))
        step.text = (
            f"{month} so far: {_usd(proof)} allocated, it stays open;"
            f" a line of {line.anchor} in it: {_corrections(line, anchor)}"
        )


def _has_late_line(period: Any, month: SampleMonth) -> bool:
    causes = [cause for close in period["closes"] for cause in close["causes"]]
    return any(cause["bill_period"] == str(month) for cause in causes)


def _restate(line: _Line, progress: Progress) -> None:
    """AWS delivers the anchor again; it is closed again, and its invoices are corrected."""
    with progress.step("restatement") as step:
        sample = line.deliveries.deliver(line.restated)

        def is_restated(period: Any) -> bool:
            run, first = period["run"], period["closes"][0]["run"]
            is_new = Decimal(run["proof"]["bill_total"]) == sample.bill_total
            return is_new and run["signal_set_ids"] != first["signal_set_ids"]

        period = _closed_again(line, is_restated)
        before = Decimal(period["closes"][0]["run"]["proof"]["bill_total"])
        step.text = (
            f"{line.anchor} restated by AWS: {sample.bill_total - before:+,.2f} USD,"
            f" {_corrections(line, period)}"
        )


def _closed_again(line: _Line, is_so: Callable[[Any], bool]) -> Any:
    """The anchor once it is so, and closed on its newest run, by itself."""

    def look() -> Any | None:
        period = line.period(line.anchor)
        is_closed = period["run"]["run_id"] == period["closed_run"]["run_id"]
        return period if is_closed and is_so(period) else None

    what = f"another close of {line.anchor}"
    return line.patience.until(what, look, poll=SPARING_SECONDS)


def _corrections(line: _Line, period: Any) -> str:
    """What the newest close has made, once it has."""
    number = period["closes"][-1]["number"]
    accounts = line.billing.settled(line.anchor, number)
    documents = [document for account in accounts for document in account["documents"]]
    kinds = Counter(document["kind"] for document in documents)
    carried = sum(1 for account in accounts if Decimal(account["carried"]))
    return (
        f"closed again by itself (close {number}), {kinds['credit_note']} credit notes"
        f" and {kinds['debit']} debits since the first, {carried} accounts carry a difference"
    )


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
    """Totals are of the run that the anchor was closed on first; invoices are of all months."""
    anchor = line.period(line.anchor)
    first, newest = anchor["closes"][0]["run"], anchor["run"]
    invoices = line.billing.invoices()
    at_stripe = persist(
        line.patience,
        "list of invoices at Stripe",
        lambda: compare_with_stripe(line.stack.servers, invoices),
    )
    return {
        **{name: first["proof"][name] for name in _TOTALS},
        "truth_mismatches": len(_untrue(line)),
        "restated_tenants": len(_restated_tenants(line, first, newest)),
        "tenants": len(TENANTS),
        "invoices_drafted": sum(1 for invoice in invoices if invoice["state"] != State.VOID),
        "invoices_issued": sum(1 for invoice in invoices if invoice["number"]),
        "stripe_invoices": at_stripe.count,
        "stripe_equals_ours": at_stripe.equal,
        **_true_up(line),
    }


def _true_up(line: _Line) -> dict[str, Any]:
    """Of the months that are closed."""

    def look() -> TrueUp:
        closed = [*line.older, line.anchor]
        rows = [row for month in closed for row in line.billing.corrections(month)]
        return look_at_true_up(line.client, line.stack.servers, rows)

    return persist(line.patience, "answer about corrections", look).figures()


def _restated_tenants(line: _Line, first: Any, newest: Any) -> set[str]:
    uris = first["folder_uri"], newest["folder_uri"]
    return persist(
        line.patience,
        "answer of the lake",
        lambda: changed_tenants(line.deliveries.storage, *uris),
    )


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
