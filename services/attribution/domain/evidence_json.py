"""Evidence as JSON and back: amounts and weights are texts, so that no reader rounds them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, assert_never

from services.attribution.domain.evidence import (
    BillLines,
    Evidence,
    Explanation,
    Line,
    LineEvidence,
    Part,
    Provenance,
    Selection,
    Share,
    SignalRow,
    SignalRows,
    Total,
    recompute,
)
from services.attribution.domain.proof import plain
from shared.money import from_quanta, to_quanta

Json = dict[str, Any]
_TEXTS = (
    *("service", "account", "region", "charge_category", "rule", "driver", "place", "pods"),
    *("reason", "tag_key", "tag_value"),
)


def to_json(explanation: Explanation) -> Json:
    return {
        "period": explanation.period,
        "currency": explanation.currency,
        "cost_measure": explanation.cost_measure,
        "selection": selection_to_json(explanation.selection),
        "amount": _amount(explanation.quanta),
        "run": asdict(explanation.provenance),
        "lines": [
            {
                "charge_group": line.charge_group,
                "method": line.method,
                "amount": _amount(line.quanta),
                "parts": [_part(part) for part in line.parts],
            }
            for line in explanation.lines
        ],
    }


def from_json(content: Mapping[str, Any]) -> Explanation:
    made_of = {name: _tuple(value) for name, value in content["run"].items()}
    return Explanation(
        selection=selection_of(content["selection"]),
        period=content["period"],
        currency=content["currency"],
        cost_measure=content["cost_measure"],
        provenance=Provenance(**made_of),
        lines=tuple(
            LineEvidence(
                line["charge_group"],
                line["method"],
                to_quanta(Decimal(line["amount"])),
                tuple(_read_part(part) for part in line["parts"]),
            )
            for line in content["lines"]
        ),
    )


def selection_to_json(selection: Selection) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(selection).items() if value}


def selection_of(asked: Mapping[str, str]) -> Selection:
    day = asked.get("day")
    texts = {name: value for name, value in asked.items() if name != "day"}
    return Selection(**texts, day=dt.date.fromisoformat(day) if day else None)


def _part(part: Part) -> Json:
    texts = {name: getattr(part, name) for name in _TEXTS if getattr(part, name)}
    when = {name: str(getattr(part, name)) for name in ("day", "start") if getattr(part, name)}
    return {"amount": _amount(part.quanta), **texts, **when, "evidence": _evidence(part.evidence)}


def _read_part(content: Mapping[str, Any]) -> Part:
    day, start = content.get("day"), content.get("start")
    return Part(
        **{name: content.get(name, "") for name in _TEXTS},
        day=dt.date.fromisoformat(day) if day else None,
        start=dt.datetime.fromisoformat(start) if start else None,
        evidence=_read_evidence(content["evidence"]),
    )


def _evidence(evidence: Evidence) -> Json:
    match evidence:
        case BillLines():
            largest = [
                {"source": line.source, "line": line.line, "amount": _amount(line.quanta)}
                for line in evidence.largest
            ]
            amount = _amount(evidence.quanta)
            return {"bill_lines": {"count": evidence.count, "amount": amount, "largest": largest}}
        case Total():
            return {"total_of": [_evidence(part) for part in evidence.parts]}
        case Share():
            share = {
                "by": evidence.by,
                "fraction": str(evidence.fraction),
                "amount": _amount(recompute(evidence)),
                "own_place": evidence.own,
                "weights": [str(weight) for weight in evidence.weights],
                "signals": [_signals(rows) for rows in evidence.signals],
                "of": _evidence(evidence.of),
            }
            return {"share": share}
        case _:
            assert_never(evidence)


def _read_evidence(content: Mapping[str, Any]) -> Evidence:
    if "bill_lines" in content:
        lines = content["bill_lines"]
        largest = (
            Line(line["source"], line["line"], to_quanta(Decimal(line["amount"])))
            for line in lines["largest"]
        )
        return BillLines(lines["count"], to_quanta(Decimal(lines["amount"])), tuple(largest))
    if "total_of" in content:
        return Total(tuple(map(_read_evidence, content["total_of"])))
    share = content["share"]
    return Share(
        of=_read_evidence(share["of"]),
        by=share["by"],
        weights=tuple(map(int, share["weights"])),
        own=share["own_place"],
        signals=tuple(map(_read_signals, share["signals"])),
    )


def _signals(rows: SignalRows) -> Json:
    largest = [
        {
            "file": row.file,
            "row": row.row,
            "start": row.start.isoformat(),
            "quantity": plain(row.quantity),
        }
        for row in rows.largest
    ]
    return {**asdict(rows), "quantity": plain(rows.quantity), "largest": largest}


def _read_signals(content: Mapping[str, Any]) -> SignalRows:
    largest = (
        SignalRow(
            row["file"],
            row["row"],
            dt.datetime.fromisoformat(row["start"]),
            Decimal(row["quantity"]),
        )
        for row in content["largest"]
    )
    fields = {**content, "quantity": Decimal(content["quantity"]), "largest": tuple(largest)}
    return SignalRows(**fields)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _amount(quanta: int) -> str:
    return plain(from_quanta(quanta))
