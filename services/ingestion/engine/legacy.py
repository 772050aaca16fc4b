"""A legacy CUR under the names of CUR 2.0, so that one mapping serves both.

Its CSV names columns `category/Name`. AWS's own rule for Athena makes `category_name` of these
(docs/reference/aws-bills.md), which is also what CUR 2.0 and the legacy Parquet call them. Tags and
cost categories, one column each, come and go from file to file; they become the maps of CUR 2.0, by
the position of each column, so that `user:customer` and `user:Customer` stay two keys.

The same bill as legacy CUR, CUR 2.0 and FOCUS 1.2 gives the same allocations, byte for byte, where
the files agree in what their formats let the exporter choose: FOCUS's ServiceName and
ServiceCategory are the product's name and the category in `service_categories`, a commitment's
unused part is a line of its own, a Savings Plan's covered usage and its negation are left out of
BilledCost, and RegionId is the product's region code. Tag keys that rules name must not differ in
case or signs alone, because CUR 2.0 and Parquet have lost both.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from shared.faults import BadInput
from shared.sql.expressions import Sql, call, cast, literal
from shared.tabular import Column, SourceFile

_GROUPS: Final = {
    "resourceTags/": "resource_tags",
    "resource_tags_": "resource_tags",
    "costCategory/": "cost_category",
    "cost_category_": "cost_category",
}
_WITH_PREFIX: Final = ("accountTag/", "userAttribute/", "iamPrincipal/")
"""Columns whose key keeps its prefix, as in the map `tags` of CUR 2.0."""
_SELECTED_KEYS: Final = {
    "resource_tags_": "resourceTags/",
    "cost_category_": "costCategory/",
    **{
        prefix: prefix
        for prefix in ("resourceTags/", "costCategory/", "accountTag/", "userAttribute/")
    },
}
"""Keys of CUR 2.0's maps that a query selected as columns, as the map `tags` writes them."""
_OLDER_NAMES: Final = {"product_region": "product_region_code"}
"""A report from before the newer column has the older one alone."""

_WRITTEN: Final = (
    "bill/BillingPeriodStartDate",
    "bill/PayerAccountId",
    "lineItem/CurrencyCode",
    "lineItem/LineItemType",
    "lineItem/ProductCode",
    "lineItem/UnblendedCost",
    "lineItem/UsageStartDate",
    "reservation/EffectiveCost",
    "reservation/UnusedRecurringFee",
    "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate",
)


def as_cur_2(source: SourceFile) -> SourceFile:
    """Raises BadInput where the file has the same tag column twice."""
    _refuse_repeated_columns(source)
    named = tuple(_renamed(source.columns))
    return replace(source, columns=named, derived=tuple(_maps(source.columns)))


def with_selected_keys(source: SourceFile) -> SourceFile:
    """A CUR 2.0 with the keys that its query selected by the dot operator as one more map."""
    pairs: list[Sql] = []
    for column in source.columns:
        for prefix, group in _SELECTED_KEYS.items():
            if column.name.startswith(prefix):
                pairs += [literal(group + column.name.removeprefix(prefix)), column.reference]
    if not pairs:
        return source
    flat = Column("flat_tags", cast(call("json_object", *pairs), "VARCHAR"), "VARCHAR")
    return replace(source, derived=(*source.derived, flat))


@lru_cache(maxsize=10_000)
def cur_2_name(written: str) -> str:
    """AWS's rule: `_` before upper case, lower case, other signs to one `_`."""
    spaced = re.sub(r"([A-Z])", r"_\1", written).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")


def written_name(name: str) -> str:
    """How the CSV writes a column of this name that it may be missed by."""
    return next((written for written in _WRITTEN if cur_2_name(written) == name), name)


def _group_of(name: str) -> tuple[str, str] | None:
    """The map a column belongs to, and its key there."""
    if name.startswith(_WITH_PREFIX):
        return "flat_tags", name
    for prefix, group in _GROUPS.items():
        if name.startswith(prefix):
            return group, name.removeprefix(prefix)
    return None


def _renamed(columns: tuple[Column, ...]) -> Iterator[Column]:
    """Of several columns that come to one name the first has it."""
    names = {cur_2_name(column.name) for column in columns}
    owners: dict[str, str] = {}
    for column in columns:
        name = cur_2_name(column.name)
        newer = _OLDER_NAMES.get(name, name)
        name = name if newer in names else newer
        is_first = owners.setdefault(name, column.name) == column.name
        if _group_of(column.name) is None and is_first:
            yield replace(column, name=name, written=column.name)
        else:
            yield column


def _maps(columns: tuple[Column, ...]) -> Iterator[Column]:
    """One JSON object per group; empty values fall out where tags are normalised."""
    members: dict[str, list[Sql]] = {}
    for column in columns:
        mapped = _group_of(column.name)
        if mapped is not None:
            group, key = mapped
            members.setdefault(group, []).extend((literal(key), column.reference))
    for group, pairs in members.items():
        yield Column(group, cast(call("json_object", *pairs), "VARCHAR"), "VARCHAR")


def _refuse_repeated_columns(source: SourceFile) -> None:
    counts = Counter(column.name for column in source.columns)
    repeated = next((name for name, n in counts.items() if n > 1 and _group_of(name)), None)
    if repeated is not None:
        raise BadInput(
            "the column is there twice.",
            file=str(source.path),
            field=repeated,
            remedy="Fetch the file again; AWS writes every tag key once.",
        )
