"""`invoicing.invoice_*.v1`, which carried sentences: refusals, bases, causes of each step.

The ways lead through plain JSON, so that a document that a service keeps, whole or a customer's
part of it, goes the same way as a message.
"""

from collections.abc import Mapping
from dataclasses import asdict, field
from datetime import date
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from shared.contracts.bases import BASIS
from shared.contracts.contract import Contract
from shared.contracts.fields import Code, Instant, Key, Line, Words
from shared.contracts.invoicing import (
    CAUSE,
    INVOICE_FACTS,
    ActionFact,
    InvoiceFact,
    InvoiceLineFact,
    Refusal,
)
from shared.contracts.superseded.invoice_words import (
    component_of,
    read_basis,
    read_cause,
    read_refusal,
    written_basis,
    written_cause,
    written_refusal,
)

Document = Mapping[str, Any]


@dataclass(frozen=True)
class InvoiceLineFactV1(InvoiceLineFact):
    """`basis` is `cost plus 20 %`, `per month` or `12 of 31 days`; there is no `component`."""

    basis: Line = ""  # type: ignore[assignment]


@dataclass(frozen=True)
class TransitionFactV1:
    from_state: Code
    to_state: Code
    actor: Key
    reason: Words
    at: Instant


@dataclass(frozen=True)
class ActionFactV1(ActionFact):
    """`refused` is `It is draft; approve needs in_review.`, or ''."""

    refused: Line = ""  # type: ignore[assignment]


@dataclass(frozen=True)
class InvoiceFactV1(InvoiceFact):
    """As the newer version, with sentences for refusals, bases and causes."""

    lines: list[InvoiceLineFactV1]  # type: ignore[assignment]
    parked_reasons: list[Words] = field(default_factory=list)  # type: ignore[assignment]
    history: list[TransitionFactV1] = field(default_factory=list)  # type: ignore[assignment]
    actions: list[ActionFactV1] = field(default_factory=list)  # type: ignore[assignment]


def upgraded_document(document: Document) -> dict[str, Any]:
    """Of version 1 in the newest form; what a customer's part has not is left out."""
    return {
        **document,
        "lines": [_upgraded_line(line) for line in document["lines"]],
        **_each(document, "parked_reasons", lambda text: asdict(read_cause(text))),
        **_each(document, "history", _upgraded_step),
        **_each(document, "actions", _upgraded_action),
    }


def downgraded_document(document: Document) -> dict[str, Any]:
    """Of the newest version in the form of version 1, for processes of the release before."""
    return {
        **document,
        "lines": [_downgraded_line(line) for line in document["lines"]],
        **_each(document, "parked_reasons", lambda one: written_cause(CAUSE.validate_python(one))),
        **_each(document, "history", _downgraded_step),
        **_each(document, "actions", _downgraded_action),
    }


def _each(document: Document, name: str, change: Any) -> dict[str, list[Any]]:
    return {name: [change(one) for one in document[name]]} if name in document else {}


def _upgraded_line(line: Document) -> dict[str, Any]:
    component = line.get("component") or component_of(line["description"])
    line = {**line, "component": component}
    if "basis" not in line:
        return line
    basis = read_basis(
        line["basis"],
        service_start=date.fromisoformat(line["service_start"]),
        service_end=date.fromisoformat(line["service_end"]),
    )
    return {**line, "basis": basis and BASIS.dump_python(basis, mode="json")}


def _downgraded_line(line: Document) -> dict[str, Any]:
    line = {name: value for name, value in line.items() if name != "component"}
    if "basis" not in line:
        return line
    basis = line["basis"]
    return {**line, "basis": written_basis(basis and BASIS.validate_python(basis))}


def _upgraded_step(step: Document) -> dict[str, Any]:
    kept = {name: value for name, value in step.items() if name != "reason"}
    return {**kept, "cause": asdict(read_cause(step["reason"]))}


def _downgraded_step(step: Document) -> dict[str, Any]:
    kept = {name: value for name, value in step.items() if name != "cause"}
    return {**kept, "reason": written_cause(CAUSE.validate_python(step["cause"]))}


def _upgraded_action(action: Document) -> dict[str, Any]:
    refusal = read_refusal(action["refused"])
    return {**action, "refused": refusal and asdict(refusal)}


def _downgraded_action(action: Document) -> dict[str, Any]:
    refusal = action["refused"] and Refusal(**action["refused"])
    return {**action, "refused": written_refusal(action["name"], refusal)}


def _older(newer: Contract[InvoiceFact]) -> Contract[InvoiceFactV1]:
    written = downgraded_document(newer.dump(newer.example))
    return Contract(
        name=f"{newer.name.rpartition('.')[0]}.v1",
        payload=InvoiceFactV1,
        producer=newer.producer,
        consumers=newer.consumers,
        versions=newer.versions,
        example=TypeAdapter(InvoiceFactV1).validate_python(written),
        successor=newer,
        upgrade=upgraded_document,
    )


INVOICE_FACTS_V1: Final = tuple(_older(contract) for contract in INVOICE_FACTS)
