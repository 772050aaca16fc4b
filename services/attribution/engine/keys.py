"""The key dictionary: rules run once per distinct combination of what they can see.

Lines become `facts` (key, hour, span, units). `keys` holds what a result is grouped by, `visible`
what the ruleset looks at and nothing else; both are numbered in their own order, so that nothing
depends on the order of files or lines (allocation facts, Part B).
"""
# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services.attribution.domain.claims import Claims
from services.attribution.domain.lines import LineKey
from services.attribution.engine.tables import create_table
from shared.columnar import Session, identifier, literal, parquet_scan
from shared.configuration.models import Configuration, Selector
from shared.faults import BadConfiguration

_ATTRIBUTES = {
    "source": "coalesce(x_Source, '')",
    "account": "coalesce(x_Account, '')",
    "service": "coalesce(ServiceName, '')",
    "charge_group": "coalesce(ServiceCategory, 'Other')",
    "charge_category": "coalesce(ChargeCategory, '')",
    "region": "coalesce(RegionId, '')",
}
_SEEN = {
    "account": _ATTRIBUTES["account"],
    "service": _ATTRIBUTES["service"],
    "service_code": "coalesce(x_ServiceCode, '')",
    "region": _ATTRIBUTES["region"],
    "usage_type": "coalesce(x_UsageType, SkuMeter, '')",
    "resource": "coalesce(ResourceId, '')",
    "charge_category": _ATTRIBUTES["charge_category"],
}
_SPAN = """CASE
    WHEN ChargePeriodEnd IS NULL
        OR ChargePeriodEnd <= date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR THEN 1
    WHEN ChargePeriodEnd <= date_trunc('day', ChargePeriodStart) + INTERVAL 1 DAY THEN 2
    ELSE 3
END"""
_SANITISED = ("CUR 2.0", "legacy CUR (Parquet)")
_BLANKS = " \t\r\n\u00a0"

_CLAIM_COLUMNS = {
    "vid": "BIGINT",
    "kind": "VARCHAR",
    "recipient": "VARCHAR",
    "method": "VARCHAR",
    "rule": "VARCHAR",
    "reason": "VARCHAR",
    "tag_key": "VARCHAR",
    "tag_value": "VARCHAR",
    "also_matched": "VARCHAR",
}


@dataclass(frozen=True)
class KeyDictionary:
    """Builds `facts`, `keys` and `claims` in a session."""

    session: Session
    config: Configuration
    scratch_dir: Path

    def build(self, parts: Sequence[Path]) -> None:
        scan = parquet_scan(parts)
        self._check_currency(scan)
        columns = self._columns(sanitised=self._has_sanitised_tags(scan))
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        names = ", ".join(columns)
        self.session.execute(
            f"CREATE TEMP TABLE costs AS SELECT {listed},"
            " date_trunc('hour', ChargePeriodStart) AS hour,"
            f" {_SPAN} AS span,"
            f" sum(CAST({identifier(self.config.cost)} * 10000000000 AS BIGINT)) AS units"
            f" FROM {scan} GROUP BY ALL"
        )
        self._number("keys", "kid", names, "costs")
        self.session.execute(
            "CREATE TEMP TABLE facts AS SELECT kid, hour, span, units"
            f" FROM costs JOIN keys USING ({names})"
        )
        self.session.execute("DROP TABLE costs")
        self._claim()

    def _number(self, table: str, number: str, names: str, origin: str) -> None:
        self.session.execute(
            f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER (ORDER BY {names})"
            f" AS {number}, {names} FROM (SELECT DISTINCT {names} FROM {origin})"
        )

    def _claim(self) -> None:
        seen = ", ".join(self._seen_columns)
        self._number("visible", "vid", seen, "keys")
        create_table(
            self.session,
            "visible_claims",
            _CLAIM_COLUMNS,
            self._claims(),
            scratch_dir=self.scratch_dir,
        )
        pairs = ", ".join(
            f"struct_pack(key := {literal(name)}, value := {column})"
            for name, column in sorted(self._dimension_columns.items())
        )
        dimensions = (
            f"CAST(to_json(map_from_entries(list_filter([{pairs}], lambda d: d.value <> '')))"
            " AS VARCHAR)"
            if pairs
            else "'{}'"
        )
        self.session.execute(
            f"CREATE TEMP TABLE claims AS SELECT kid, visible_claims.* EXCLUDE (vid),"
            f" {dimensions} AS dimensions FROM keys JOIN visible USING ({seen})"
            " JOIN visible_claims USING (vid)"
        )

    def _columns(self, *, sanitised: bool) -> dict[str, str]:
        """All of `keys`: what results carry, what rules see, and the values of labels."""
        columns = _ATTRIBUTES | {name: _SEEN[name] for name in self._seen_attributes}
        tags = {tag: _tag_sql(tag, sanitised=sanitised) for tag in self._tags}
        columns |= {
            column: tags[tag] for tag, column in zip(self._tags, self._tag_columns, strict=True)
        }
        columns["segment"] = _segment_sql(breakpoints(self.config))
        tenant = self.config.tenant_labels
        columns["label_source"] = _first_source_sql(tenant, sanitised=sanitised)
        columns["label_value"] = _first_value_sql(tenant, sanitised=sanitised)
        for name, sources in self.config.dimensions.items():
            column = self._dimension_columns[name]
            columns[column] = _first_value_sql(sources, sanitised=sanitised)
        return columns

    @cached_property
    def _selectors(self) -> list[Selector]:
        return list(_selectors(self.config))

    @cached_property
    def _seen_attributes(self) -> list[str]:
        """The attributes that some selector or default names; a service also by its code."""
        used = {name for name in _SEEN for each in self._selectors if getattr(each, name, None)}
        if "service" in used:
            used.add("service_code")
        if self.config.defaults.accounts:
            used.add("account")
        return [name for name in _SEEN if name in used]

    @cached_property
    def _tags(self) -> list[str]:
        return sorted({tag for selector in self._selectors for tag in selector.tags})

    @cached_property
    def _tag_columns(self) -> list[str]:
        return [f"tag_{at}" for at in range(len(self._tags))]

    @cached_property
    def _dimension_columns(self) -> dict[str, str]:
        return {name: f"dimension_{at}" for at, name in enumerate(self.config.dimensions)}

    @cached_property
    def _seen_columns(self) -> list[str]:
        fixed = ["segment", "label_source", "label_value"]
        return [*self._seen_attributes, *self._tag_columns, *fixed]

    def _check_currency(self, scan: str) -> None:
        rows = self.session.execute(f"SELECT DISTINCT BillingCurrency FROM {scan}").fetchall()
        for (currency,) in sorted(rows):
            if currency != self.config.currency:
                raise BadConfiguration(
                    f"the bill is in {currency}, the ruleset in {self.config.currency}.",
                    field="currency",
                    remedy=f"Write `currency: {currency}`; amounts are never converted silently.",
                )

    def _has_sanitised_tags(self, scan: str) -> bool:
        """CUR 2.0 and Athena's Parquet write tag keys in lower case, `_` for every other sign."""
        rows = self.session.execute(f"SELECT DISTINCT x_SourceFormat FROM {scan}").fetchall()
        return any(row[0] in _SANITISED for row in rows)

    def _claims(self) -> Iterator[Sequence[object]]:
        claims = Claims(self.config)
        result = self.session.execute(
            f"SELECT vid, {', '.join(self._seen_columns)} FROM visible ORDER BY vid"
        )
        while batch := result.fetchmany(10_000):
            for vid, *values in batch:
                claim = claims.of(self._line(dict(zip(self._seen_columns, values, strict=True))))
                yield (
                    vid,
                    claim.kind,
                    claim.recipient,
                    claim.method,
                    claim.rule,
                    claim.reason,
                    claim.tag_key,
                    claim.tag_value,
                    ", ".join(claim.also_matched),
                )

    def _line(self, seen: dict[str, str | int]) -> LineKey:
        tags = zip(self._tags, (str(seen[column]) for column in self._tag_columns), strict=True)
        value = str(seen["label_value"])
        sources = self.config.tenant_labels
        days = [dt.date.min, *breakpoints(self.config)]
        return LineKey(
            **{name: str(seen.get(name, "")) for name in _SEEN},
            tags={tag: value for tag, value in tags if value},
            day=days[int(seen["segment"])],
            label=(sources[int(seen["label_source"])], value) if value else None,
        )


def breakpoints(config: Configuration) -> list[dt.date]:
    """Days on which a rule or a tenant starts or ends; between two of them nothing changes."""
    ranges = [tenant.active for tenant in config.tenants]
    ranges += [selector.dates for selector in _selectors(config)]
    days = {day for dates in ranges if dates for day in (dates.from_, dates.to) if day}
    return sorted(days)


def _selectors(config: Configuration) -> Iterable[Selector]:
    yield from (rule.when for rule in config.rules)
    yield from (pool.when for pool in config.pools if pool.when is not None)


def _segment_sql(days: Sequence[dt.date]) -> str:
    terms = [
        f"CAST(ChargePeriodStart >= DATE {literal(day.isoformat())} AS INTEGER)" for day in days
    ]
    return " + ".join(terms) or "0"


def _source_values(sources: Sequence[str], *, sanitised: bool) -> Iterator[tuple[int, str]]:
    """The sources that a bill alone can answer, by their place, as SQL that is '' for no value."""
    for at, source in enumerate(sources):
        kind, name = source.split(":", 1)
        if kind == "tag":
            yield at, f"trim({_tag_sql(name, sanitised=sanitised)}, {literal(_BLANKS)})"


def _first_value_sql(sources: Sequence[str], *, sanitised: bool) -> str:
    values = [f"nullif({sql}, '')" for _, sql in _source_values(sources, sanitised=sanitised)]
    return f"coalesce({', '.join([*values, literal('')])})"


def _first_source_sql(sources: Sequence[str], *, sanitised: bool) -> str:
    cases = [
        f"WHEN {sql} <> '' THEN {at}" for at, sql in _source_values(sources, sanitised=sanitised)
    ]
    return f"CASE {' '.join(cases)} ELSE -1 END" if cases else "-1"


def _tag_sql(tag: str, *, sanitised: bool) -> str:
    candidates = [tag, sanitise_tag(tag)] if sanitised else [tag]
    found = ", ".join(f"Tags[{literal(key)}]" for key in dict.fromkeys(candidates))
    return f"coalesce({found}, '')"


def sanitise_tag(key: str) -> str:
    """AWS's rule for column names: `_` before upper case, lower case, other signs to one `_`."""
    spaced = re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")
