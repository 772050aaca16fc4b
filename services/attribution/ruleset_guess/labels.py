"""The tags of a bill as labels of tenants: how each is used, which keys are one, and its values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Final

from services.attribution.domain.near_tenants import bare_name
from services.attribution.ruleset_guess.label_ranking import LabelUse, Ranked, rank_labels
from shared.columnar import Session
from shared.exact import exact_sum
from shared.sql.expressions import (
    EMPTY,
    Sql,
    call,
    case,
    cast,
    entry,
    infix,
    listed,
    null_if_empty,
    number,
    or_empty,
    total,
)
from shared.sql.scripts import run_script

VALUES_MAX: Final = 5_000
"""Tenants that are listed, by cost; what is beyond is shown as unmapped."""
_OTHERS_MAX: Final = 5
"""Labels that are tried beside the best one."""


@dataclass(frozen=True)
class TenantValue:
    value: str
    cost: Decimal
    key: str = ""
    """Of the tag that has it."""


def find_labels(session: Session, lines: Sql) -> tuple[tuple[Ranked, ...], Ranked | None]:
    """All by rank, and the one that says enough: with all keys that say the same of other lines.

    Spellings of a key are one label where no line has two of them that differ.
    """
    apart: list[str] = []
    while True:
        labels = rank_labels(_label_uses(session, lines, apart))
        best = labels[0] if labels and labels[0].is_enough else None
        if best is None:
            return labels, None
        meeting = _meeting(session, lines, best.use.keys)
        if not meeting:
            return labels, _with_others(session, lines, best, labels[1:])
        apart += meeting


def label_of(keys: Sequence[str]) -> Sql:
    """The value of the first of these tags that a line has; '' for none."""
    return or_empty(*(null_if_empty(_trimmed(key)) for key in keys))


def values_of(session: Session, lines: Sql, keys: Sequence[str]) -> Iterator[TenantValue]:
    places = [(infix(_trimmed(key), "<>", EMPTY), number(at)) for at, key in enumerate(keys)]
    names = {
        "lines": lines,
        "place": case(places, number(-1)),
        "value": label_of(keys),
        "values_max": number(VALUES_MAX),
    }
    rows = run_script(session, __package__, "tag_values.sql", names).fetchall()
    yield from (TenantValue(value, cost, keys[place]) for place, value, cost in rows)


def _trimmed(key: str) -> Sql:
    return or_empty(call("trim", entry("Tags", key)))


def _label_uses(session: Session, lines: Sql, apart: Sequence[str]) -> list[LabelUse]:
    """Of usage that costs something."""
    names = {"lines": lines}
    cost, days = run_script(session, __package__, "usage_costs.sql", names).fetchall()[0]
    values = {"apart": [*apart]}
    rows = run_script(session, __package__, "tag_keys.sql", names, values).fetchall()
    return [
        LabelUse(
            keys=tuple(keys),
            covered=covered,
            total=cost,
            value_count=value_count,
            largest_value=largest,
            resource_count=int(resources),
            day_count=int(seen_days),
            day_total=days,
        )
        for keys, covered, value_count, largest, resources, seen_days in rows
    ]


def _meeting(session: Session, lines: Sql, keys: Sequence[str]) -> list[str]:
    """Those of which a line has another value than of one before them."""
    columns = {f"key_{at}": _trimmed(key) for at, key in enumerate(keys)}
    if len(columns) == 1:
        return []
    counted = [cast(infix(value, "<>", EMPTY), "INTEGER") for value in columns.values()]
    names = {
        "lines": lines,
        "values": listed(columns),
        "count": total(counted),
        "values_max": number(VALUES_MAX),
    }
    rows = run_script(session, __package__, "keys_that_meet.sql", names).fetchall()
    differing = {
        right
        for row in rows
        for (_, one), (right, other) in combinations(enumerate(row), 2)
        if one and other and bare_name(one) != bare_name(other)
    }
    return [keys[at] for at in sorted(differing)]


def _with_others(session: Session, lines: Sql, best: Ranked, others: Sequence[Ranked]) -> Ranked:
    """With other keys named like a tenant's that have the same tenants on other lines."""
    merged, left = best.use, [each.use for each in others]
    for other in others[:_OTHERS_MAX] if best.is_named_like_a_tenant else ():
        keys = (*merged.keys, *other.use.keys)
        if (
            other.is_named_like_a_tenant
            and _share_tenants(session, lines, merged, other.use)
            and not _meeting(session, lines, keys)
        ):
            left.remove(other.use)
            merged = replace(
                merged,
                keys=keys,
                covered=exact_sum([merged.covered, other.use.covered]),
                day_count=max(merged.day_count, other.use.day_count),
            )
    if merged.keys == best.use.keys:
        return best
    as_best = replace(merged, keys=best.use.keys)
    [ranked] = [each for each in rank_labels([as_best, *left]) if each.use == as_best]
    reasons = (f"{len(merged.keys)} keys that never meet on a line", *ranked.reasons)
    return replace(ranked, use=merged, reasons=reasons)


def _share_tenants(session: Session, lines: Sql, one: LabelUse, other: LabelUse) -> bool:
    """Half of the names under the one with fewer are under the other as well."""
    names = [
        {bare_name(each.value) for each in values_of(session, lines, label.keys)}
        for label in (one, other)
    ]
    return 2 * len(names[0] & names[1]) >= min(map(len, names))
