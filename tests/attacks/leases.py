"""Children of runners: one that goes on without its lease, and one that never ends."""

import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from deploy.demo.billing import Billing
from deploy.local.api_client import ApiClient
from deploy.local.waiting import Patience
from shared.faults import Fault
from shared.vocabulary.invoice_states import State
from tests.attacks.attack import Case, attack
from tests.attacks.beside import runner_beside
from tests.attacks.victim import Victim, until
from tests.attacks.webhooks import event, send_signed
from tests.overload.cases import stopped

_STARTED_SECONDS: Final = 20
# A lease of 20 s has to end first.
_TAKEN_OVER_SECONDS: Final = 50
_DONE_SECONDS: Final = 30
# The limit is minutes: longer than any wait that has one of its own.
_IDLE_SECONDS: Final = 20
_SHORT_LIMIT: Final = f"from shared.jobs import child; child.IDLE_SECONDS_MAX = {_IDLE_SECONDS}"
# Whoever has written down what it will do at Stripe waits, until this connection lets it go on.
_HOLD: Final = """
    create function held_commit() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(13); return null; end $$;
    create constraint trigger held_commit after insert on invoicing_stripeoperation
        deferrable initially deferred for each row execute function held_commit();
    select pg_advisory_lock(13);
"""
_LET_GO: Final = "select pg_advisory_unlock_all()"
_CLEAN: Final = """
    drop trigger if exists held_commit on invoicing_stripeoperation;
    drop function if exists held_commit();
"""
_WAITS: Final = "select 1 from pg_locks where locktype = 'advisory' and not granted"
_LEASE: Final = """
    select lease::text from invoicing_job where kind = 'issue_invoices' and state = 'running'
"""
_UNFINISHED: Final = "select 1 from invoicing_job where state in ('queued', 'running')"
_STATE: Final = "select state from invoicing_invoice where invoice_id = %s"
_PROCESSED: Final = """
    select 1 from invoicing_stripeevent where event_id = %s and processed_at is not null
"""
_LEFT: Final = "job issue_invoices all is left to its new holder"


@attack("a step of an invoice done at Stripe by a child whose job another has done meanwhile")
def without_its_lease(victim: Victim) -> Iterator[Case]:
    """It is stopped with its runner between its intent and the call, and goes on before it."""
    with _held_commits(victim) as let_go:
        invoice = _issue_one(victim)
        child = _child(victim)
        if not until(lambda: bool(victim.rows("invoicing", _WAITS)), seconds=_STARTED_SECONDS):
            raise Fault("the child did not get as far as its first intent.")
        with stopped(victim.stack, "invoicing.runner"):
            let_go()
            with runner_beside(victim, "invoicing"):
                is_done = until(lambda: _is_issued(victim, invoice), seconds=_TAKEN_OVER_SECONDS)
            yield Case("another does its job", "" if is_done else "it is not issued")
            before, left = _changes(victim), victim.log().count(_LEFT)
            os.kill(child, signal.SIGCONT)
            has_ended = until(lambda: _has_ended(child), seconds=_DONE_SECONDS)
            asked = _changes(victim) - before
            yield Case("it goes on", f"it asked Stripe for {dict(asked)}" if asked else "")
            yield Case("it ends", "" if has_ended else "it still runs")
    is_left = until(lambda: victim.log().count(_LEFT) > left, seconds=_STARTED_SECONDS)
    yield Case("and says why", "" if is_left else "it did not notice that its lease is lost")
    there = victim.stack.stripe_control("GET", "invoices")["invoices"]
    count = [one["metadata"].get("trueback_invoice") for one in there].count(invoice)
    yield Case("once at Stripe", "" if count == 1 else f"it is there {count} times")


@attack("no payment is noticed and no invoice issued, for as long as one job hangs")
def hung(victim: Victim) -> Iterator[Case]:
    """By a runner whose limit is shorter; that of the stack's own stands still."""
    _await_rest(victim)
    with (
        stopped(victim.stack, "invoicing.runner"),
        runner_beside(victim, "invoicing", python=_SHORT_LIMIT),
    ):
        # What the runner has just begun keeps its lane for the time of a lease.
        _await_rest(victim)
        invoice = _issue_one(victim)
        child = _child(victim)
        os.kill(child, signal.SIGSTOP)
        paid = f"evt_{secrets.token_hex(8)}"
        secret = victim.stack.servers.credentials["stripe.webhook"]
        send_signed(victim.url("invoicing"), event(paid), secret)
        is_done = until(
            lambda: bool(victim.rows("invoicing", _PROCESSED, paid)), seconds=_DONE_SECONDS
        )
        hangs = not _has_ended(child) and not _is_issued(victim, invoice)
        beside = is_done and hangs
        yield Case("a payment", "" if beside else f"processed: {is_done}, hangs: {hangs}")
        has_ended = until(lambda: _has_ended(child), seconds=_IDLE_SECONDS + _DONE_SECONDS)
        yield Case("it is ended", "" if has_ended else "it still hangs")
        is_issued = until(lambda: _is_issued(victim, invoice), seconds=_DONE_SECONDS)
        yield Case("its job is done", "" if is_issued else "it is not issued")


@contextmanager
def _held_commits(victim: Victim) -> Iterator[Callable[[], object]]:
    with victim.administrator("invoicing") as admin:
        admin.execute(_HOLD)
        admin.commit()
        try:
            yield lambda: admin.execute(_LET_GO)
        finally:
            admin.execute(_LET_GO)
            admin.execute(_CLEAN)


def _await_rest(victim: Victim) -> None:
    if not until(lambda: not victim.rows("invoicing", _UNFINISHED), seconds=_TAKEN_OVER_SECONDS):
        raise Fault("invoicing's jobs do not come to an end.")


def _issue_one(victim: Victim) -> str:
    """A draft that is submitted, approved and asked to be issued."""
    servers = victim.stack.servers
    client = ApiClient(servers.service_url, servers.credentials.signing_key_file)
    with closing(client):
        billing = Billing(servers, client, Patience(_DONE_SECONDS))
        for invoice in billing.invoices():
            is_draft = invoice["state"] == State.DRAFT and not invoice["parked_reasons"]
            if is_draft and invoice["invoice_id"] != victim.mine["invoice_id"]:
                billing.send([invoice])
                return str(invoice["invoice_id"])
    raise Fault("no draft is left that could be issued.")


def _child(victim: Victim) -> int:
    """The process that issues invoices; its lease is among its arguments."""

    def look() -> int | None:
        for (lease,) in victim.rows("invoicing", _LEASE):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    if str(lease).encode() in file.read_bytes():
                        return int(file.parent.name)
        return None

    return Patience(_STARTED_SECONDS).until("child that issues", look, poll=0.02)


def _has_ended(pid: int) -> bool:
    """Also where nobody has asked for its exit code yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _is_issued(victim: Victim, invoice: str) -> bool:
    return victim.rows("invoicing", _STATE, invoice) == [(State.ISSUED,)]


def _changes(victim: Victim) -> Counter[str]:
    """What Stripe's stand-in was asked to do so far."""
    calls = victim.stack.stripe_control("GET", "calls")["calls"]
    return Counter({_named(call): int(call["count"]) for call in calls if call["method"] != "GET"})


def _named(call: dict[str, Any]) -> str:
    outcome = "replayed" if call["replayed"] else call["status"]
    return f"{call['method']} {call['route']} ({outcome})"
