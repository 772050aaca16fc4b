"""What is there at one moment, read from the tables and from Stripe's store as plain values."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.true_up_checker import Key
from services.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    Debit,
    Grant,
    GrantDraw,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    TrueUpAccount,
)
from shared.isolation.scope import as_ops

Row = Mapping[str, Any]

FIXED = frozenset({"flat_fee"})


@dataclass(frozen=True)
class Line:
    """Of an invoice that Stripe has; `given` is by kind of note."""

    row: Row
    invoice: Row
    given: Mapping[str, int]

    @property
    def billed(self) -> int:
        return int(self.row["amount_minor"]) - self.given.get("true_up", 0)

    @property
    def room(self) -> int:
        return int(self.row["amount_minor"]) - sum(self.given.values())

    @property
    def key(self) -> Key:
        return Key(
            self.row["component"],
            self.row["tenant"],
            self.row["charge_group"],
            self.row["service_start"],
            self.row["service_end"],
        )


@dataclass(frozen=True)
class Seen:
    accounts: Mapping[str, Row]
    invoices: Mapping[str, Row]
    lines: Mapping[int, Row]
    notes: Mapping[str, Row]
    note_lines: Mapping[str, list[Row]]
    debits: Mapping[str, Row]
    ledger: list[Row]
    grants: Mapping[str, Row]
    draws: list[Row]
    invoices_there: list[Row]
    notes_there: list[Row]

    def lines_of(self, account_id: str) -> Iterator[Line]:
        """Cost-derived, on what is issued, from the oldest document to the newest."""
        given: dict[int, Counter[str]] = defaultdict(Counter)
        for note in self.notes.values():
            if note["state"] in {"issuing", "issued"}:
                for line in self.note_lines.get(note["note_id"], []):
                    given[line["invoice_line_id"]][note["kind"]] += line["amount_minor"]
        own = self.accounts[account_id]["invoice_id"]
        rows = [
            row
            for row in self.lines.values()
            if row["kind"] not in FIXED
            and (
                row["account_id"] == account_id
                or (row["account_id"] is None and row["invoice_id"] == own)
            )
            and self.is_issued(self.invoices[row["invoice_id"]])
        ]
        for row in sorted(rows, key=self._age):
            yield Line(row, self.invoices[row["invoice_id"]], given[row["id"]])

    def drawn_by(self, account_id: str) -> dict[str, int]:
        """By grant, in the order in which the account draws of them."""
        account = self.accounts[account_id]
        of_month = (account["contract_id"], account["period"])
        drawn = dict.fromkeys(account["terms"].get("grants", ()), 0)
        for draw in self.draws:
            if (draw["contract_id"], draw["period"]) == of_month:
                drawn[draw["grant_id"]] = draw["amount_minor"]
        return drawn

    def left_of(self, grant_id: str) -> int:
        drawn = sum(one["amount_minor"] for one in self.draws if one["grant_id"] == grant_id)
        return int(self.grants[grant_id]["amount_minor"]) - drawn

    def is_issued(self, invoice: Row) -> bool:
        return bool(invoice["number"]) and invoice["state"] != "void"

    def _age(self, row: Row) -> tuple[Any, ...]:
        invoice = self.invoices[row["invoice_id"]]
        return invoice["issued_at"], row["invoice_id"], row["position"]

    def unissued(self, account_id: str) -> list[Row]:
        """Its notes of true-up that wait or are on their way."""
        return [
            note
            for note in self.notes.values()
            if note["account_id"] == account_id
            and note["kind"] == "true_up"
            and note["state"] not in {"issued", "void"}
        ]

    def open_debit(self, account_id: str) -> Row | None:
        return next(
            (
                debit
                for debit in self.debits.values()
                if debit["account_id"] == account_id and debit["state"] in {"waiting", "placed"}
            ),
            None,
        )

    def is_on_its_way(self, account_id: str) -> bool:
        """Stripe is being asked for a correction of it."""
        debit = self.open_debit(account_id)
        on = self.invoices.get(debit["invoice_id"] or "") if debit is not None else None
        return (on is not None and on["state"] == "issuing") or any(
            note["state"] == "issuing" for note in self.unissued(account_id)
        )


def look(control: Any) -> Seen:
    with as_ops():
        lines: dict[str, list[Row]] = defaultdict(list)
        for line in CreditNoteLine.objects.order_by("position").values():
            lines[line["note_id"]].append(line)
        return Seen(
            accounts=_by(TrueUpAccount, "account_id"),
            invoices=_by(Invoice, "invoice_id"),
            lines=_by(InvoiceLine, "id"),
            notes=_by(CreditNote, "note_id"),
            note_lines=lines,
            debits=_by(Debit, "debit_id"),
            grants=_by(Grant, "grant_id"),
            draws=list(GrantDraw.objects.order_by("pk").values()),
            ledger=list(LedgerEntry.objects.order_by("pk").values()),
            invoices_there=control("invoices")["invoices"],
            notes_there=control("credit_notes")["credit_notes"],
        )


def _by(model: Any, key: str) -> dict[Any, Row]:
    return {row[key]: row for row in model.objects.order_by("pk").values()}


def first_day(debit: Row | None) -> date | None:
    return None if debit is None else debit["day"]
