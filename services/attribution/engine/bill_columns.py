"""What a bill line says, as expressions over the columns of a snapshot.

Columns are FOCUS 1.2's, and ours with `x_`. A value that is not there is ''.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.faults import BadConfiguration
from shared.periods import Month
from shared.sql.expressions import (
    EMPTY,
    Sql,
    both,
    call,
    case,
    either,
    entry,
    identifier,
    infix,
    listed,
    literal,
    null,
    null_if_empty,
    number,
    one_of,
    or_empty,
    timestamp,
)
from shared.sql.scripts import run_script, script_query

BLANKS: Final = " \t\r\n\u00a0"
"""Trimmed from the values of labels; a no-break space comes from spreadsheets."""

# What a result is grouped by.
ATTRIBUTES: Final = {
    "source": or_empty(identifier("x_Source")),
    "account": or_empty(identifier("x_Account")),
    "service": or_empty(identifier("ServiceName")),
    "charge_group": call("coalesce", identifier("ServiceCategory"), literal("Other")),
    "charge_category": or_empty(identifier("ChargeCategory")),
    "region": or_empty(identifier("RegionId")),
}
# What the selectors of rules and pools look at, by the names of their keys.
SELECTED: Final = {
    "account": ATTRIBUTES["account"],
    "service": ATTRIBUTES["service"],
    "service_code": or_empty(identifier("x_ServiceCode")),
    "region": ATTRIBUTES["region"],
    "usage_type": or_empty(identifier("x_UsageType"), identifier("SkuMeter")),
    "resource": or_empty(identifier("ResourceId")),
    "charge_category": ATTRIBUTES["charge_category"],
    "commitment": or_empty(identifier("CommitmentDiscountStatus")),
    "seller": or_empty(identifier("PublisherName")),
    "publisher": or_empty(identifier("PublisherName")),
    "invoice_issuer": or_empty(identifier("InvoiceIssuerName")),
    "billing_entity": or_empty(identifier("x_BillingEntity")),
}
# CUR 2.0 and Athena's Parquet write tag keys as names of columns (AWS Data Exports, tag columns).
_SANITISED_FORMATS: Final = frozenset(["CUR 2.0", "legacy CUR (Parquet)"])
# Prefixes of keys in the map `tags` of CUR 2.0, of all but the resource's own tags.
_MAPS: Final = frozenset(["costCategory", "accountTag", "userAttribute", "iamPrincipal"])
# AWS names what pods and tasks took by these operations (AWS split cost allocation data).
_SPLIT_OPERATIONS: Final = ("EKSPod-EC2", "ECSTask-EC2")


# Columns that snapshots of earlier versions have not.
_ADDED: Final = ("x_BillingEntity", "x_IamPrincipal", "x_UserIdentifier")


def late_month(period: Month) -> Sql:
    """The month that a line corrects which stays in this bill; '' of all others.

    It is before the bill's where the whole charge period is, and the bill's own where a correction
    says no earlier one. Purchases and what is longer than a month are of their bill, and lines of
    later bills belong here.
    """
    started, ended = identifier("ChargePeriodStart"), identifier("ChargePeriodEnd")
    start, end = timestamp(period.start), timestamp(period.end)
    a_month_later = infix(started, "+", call("to_months", number(1)))
    category = call("lower", or_empty(identifier("ChargeCategory")))
    of_its_bill = either(
        infix(identifier("BillingPeriodStart"), ">=", end),
        infix(category, "=", literal("purchase")),
        infix(a_month_later, "<", ended),
        both(infix(started, "<", start), infix(start, "<", ended)),
    )
    is_correction = infix(or_empty(identifier("ChargeClass")), "=", literal("Correction"))
    return case(
        [
            (of_its_bill, EMPTY),
            (infix(started, "<", start), call("strftime", started, literal("%Y-%m"))),
            (is_correction, literal(str(period))),
        ],
        EMPTY,
    )


def types_of_columns(session: Session, lines: Sql) -> dict[str, str]:
    """Of a cost DECIMAL(18,10), or DECIMAL(38,10) where amounts are of 100 million and more."""
    rows = run_script(session, __package__, "columns_of_lines.sql", {"lines": lines}).fetchall()
    return {name: type_ for name, type_, *_ in rows}


def with_added_columns(lines: Sql, columns: Collection[str]) -> Sql:
    """Lines of any snapshot, with empty columns for those that came later."""
    absent = set(_ADDED).difference(columns)
    if not absent:
        return lines
    added = listed({name: null("VARCHAR") for name in sorted(absent)})
    return script_query(__package__, "lines_with_columns.sql", {"lines": lines, "columns": added})


def bare_resource(column: str) -> Sql:
    """An instance's, volume's or pod's own id without its ARN; other ids as they are."""
    pattern = (
        "^arn:[^:]*:(ec2:[^:]*:[^:]*:(instance|volume)/([^/]*)"
        "|eks:[^:]*:[^:]*:(pod/[^/]*/[^/]*/[^/]*)/.*)$"
    )
    return call("regexp_replace", identifier(column), literal(pattern), literal("\\3\\4"))


BARE_RESOURCE: Final = bare_resource("ResourceId")
IS_TASK: Final = infix(SELECTED["resource"], "LIKE", literal("arn:%:ecs:%:task/%"))
IS_SPLIT_ROW: Final = one_of(or_empty(identifier("x_Operation")), _SPLIT_OPERATIONS)


def tag(key: str, *, sanitised: bool) -> Sql:
    """The value of a tag; `sanitised` also finds it by the key that AWS makes of it."""
    return or_empty(*(entry("Tags", each) for each in tag_keys(key, sanitised=sanitised)))


def tag_keys(key: str, *, sanitised: bool) -> Sequence[str]:
    """The keys that a tag is looked up by, the first one counting."""
    keys = [key, sanitise_tag(key)] if sanitised else [key]
    return list(dict.fromkeys(keys))


def trimmed(value: Sql) -> Sql:
    return call("trim", value, literal(BLANKS))


def sanitise_tag(key: str) -> str:
    """AWS's rule for column names: `_` before upper case, lower case, other signs to one `_`.

    Of a key that has the prefix of its map, what stands behind it.
    """
    prefix, slash, rest = key.partition("/")
    if slash and prefix in _MAPS:
        return f"{prefix}/{sanitise_tag(rest)}"
    spaced = re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")


def first_tag(keys: Iterable[str], *, sanitised: bool) -> Sql:
    return or_empty(*(null_if_empty(tag(key, sanitised=sanitised)) for key in keys))


def of_tasks(value: Sql) -> Sql:
    """An ECS tag of a bill is the tag of a task's own line."""
    return case([(IS_TASK, value)], EMPTY)


def check_currency(session: Session, lines: Sql, config: Configuration) -> bool:
    """Whether tag keys may be sanitised; raises BadConfiguration for another currency."""
    rows = _formats(session, lines)
    for currency in sorted({currency for currency, _ in rows}):
        if currency != config.currency:
            raise BadConfiguration(
                f"the bill is in {currency}, the ruleset in {config.currency}.",
                file=config.file,
                field="currency",
                remedy=f"Write `currency: {currency}`; amounts are never converted silently.",
            )
    return _is_sanitised(rows)


def has_sanitised_tags(session: Session, lines: Sql) -> bool:
    """Whether a tag is also looked up by the key that AWS makes of it."""
    return _is_sanitised(_formats(session, lines))


def _formats(session: Session, lines: Sql) -> Sequence[tuple[str, str]]:
    """Currencies and formats of the lines."""
    return run_script(session, __package__, "bill_formats.sql", {"lines": lines}).fetchall()


def _is_sanitised(formats: Sequence[tuple[str, str]]) -> bool:
    return any(source_format in _SANITISED_FORMATS for _, source_format in formats)


def has_split_costs(session: Session, lines: Sql) -> bool:
    """Whether any line is a split cost row of AWS with its cost."""
    names = {"lines": lines, "is_split_row": IS_SPLIT_ROW}
    return run_script(session, __package__, "split_cost_rows.sql", names).fetchone() is not None
