"""The key dictionary: rules run once per distinct combination of what they can see.

Lines become `facts` (key, hour, span, units). `keys` holds what a result is grouped by, `visible`
what the ruleset looks at and nothing else; both are numbered in their own order, so that nothing
depends on the order of files or lines (allocation facts, Part B).
"""
# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from services.attribution.domain.claims import CLUSTER_TAG, Claim, Claims
from services.attribution.domain.lines import Label, LineKey, any_matches, matches_bill
from services.attribution.engine.claims.label_sources import (
    BLANKS,
    SourceValue,
    dimensions_sql,
    first_source_sql,
    first_value_sql,
    tag_sql,
)
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.pools.pool_split import driver_scopes
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
    "commitment": "coalesce(CommitmentDiscountStatus, '')",
}
_SPAN = """CASE
    WHEN ChargePeriodEnd IS NULL
        OR ChargePeriodEnd <= date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR THEN 1
    WHEN ChargePeriodEnd <= date_trunc('day', ChargePeriodStart) + INTERVAL 1 DAY THEN 2
    ELSE 3
END"""
_SANITISED = ("CUR 2.0", "legacy CUR (Parquet)")
BARE_RESOURCE = (
    "regexp_replace(ResourceId, '^arn:[^:]*:(ec2:[^:]*:[^:]*:(instance|volume)/([^/]*)"
    "|eks:[^:]*:[^:]*:(pod/[^/]*/[^/]*/[^/]*)/.*)$', '\\3\\4')"
)
_IS_TASK = "coalesce(ResourceId, '') LIKE 'arn:%:ecs:%:task/%'"
IS_SPLIT_ROW = "coalesce(x_Operation IN ('EKSPod-EC2', 'ECSTask-EC2'), false)"
_CARRIED = ("carrier", "cluster", "cluster_tag")
_CLUSTER_TAGS = (CLUSTER_TAG, "eks:cluster-name")

_CLAIM_COLUMNS = {
    "kind": "VARCHAR",
    "recipient": "VARCHAR",
    "method": "VARCHAR",
    "rule": "VARCHAR",
    "reason": "VARCHAR",
    "tag_key": "VARCHAR",
    "tag_value": "VARCHAR",
    "also_matched": "VARCHAR",
    "is_divided": "BOOLEAN",
}


@dataclass(frozen=True)
class KeyDictionary:
    """Builds `facts`, `keys` and `claims` in a session, and the view `keyed_lines` of the bill.

    With workloads, or split cost rows for them, `keys` say what each line pays for by the table
    `resources`.
    """

    session: Session
    config: Configuration
    scratch_dir: Path
    has_workloads: bool = False
    has_split_rows: bool = False

    def build(self, parts: Sequence[Path]) -> None:
        """`facts` of each line by its hour, straight from a snapshot."""
        self.view_lines(parts, sanitised=self.check(parts))
        self.session.execute(
            f"CREATE TEMP TABLE costs AS SELECT {self.names}, hour, span, sum(units) AS units"
            " FROM keyed_lines GROUP BY ALL"
        )
        self._number("keys", "kid", self.names, "costs")
        self.session.execute(
            "CREATE TEMP TABLE facts AS SELECT kid, hour, span, units"
            f" FROM costs JOIN keys USING ({self.names})"
        )
        self.session.execute("DROP TABLE costs")
        self.claim()

    def check(self, parts: Sequence[Path]) -> bool:
        """Whether tag keys may be sanitised; raises BadConfiguration for another currency.

        CUR 2.0 and Athena's Parquet write tag keys in lower case, `_` for every other sign.
        """
        found = self.session.execute(
            f"SELECT DISTINCT BillingCurrency, x_SourceFormat FROM {parquet_scan(parts)}"
        ).fetchall()
        for currency in sorted({currency for currency, _ in found}):
            if currency != self.config.currency:
                raise BadConfiguration(
                    f"the bill is in {currency}, the ruleset in {self.config.currency}.",
                    field="currency",
                    remedy=f"Write `currency: {currency}`; amounts are never converted silently.",
                )
        return any(source_format in _SANITISED for _, source_format in found)

    def view_lines(self, parts: Sequence[Path], *, sanitised: bool) -> None:
        """`keyed_lines`: each line of these parts with its key, hour, length and cost.

        What rules see of a line and results don't show is kept where a pattern matches it, and is
        '' elsewhere: so lines that differ in what no rule asks for have one key.
        """
        scan = parquet_scan(parts)
        columns = self.columns(sanitised=sanitised)
        for name, selected in self.patterns.items():
            found = self.session.execute(f"SELECT DISTINCT {columns[name]} FROM {scan}").fetchall()
            matched = [(value,) for (value,) in found if any_matches(selected, (value,))]
            self._create(f"matched_{name}", {"value": "VARCHAR"}, matched)
            columns[name] = (
                f"CASE WHEN {columns[name]} IN (SELECT value FROM matched_{name})"
                f" THEN {columns[name]} ELSE '' END"
            )
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        self.session.execute(
            f"CREATE OR REPLACE TEMP VIEW keyed_lines AS SELECT {listed},"
            " date_trunc('hour', ChargePeriodStart) AS hour,"
            f" {_SPAN} AS span,"
            f" CAST({identifier(self.config.cost)} * 10000000000 AS BIGINT) AS units,"
            f" x_LineId AS line FROM {self._with_resources(scan)}"
        )

    @cached_property
    def names(self) -> str:
        """The columns of `keys` beside its number."""
        return ", ".join(self.columns(sanitised=False))

    @cached_property
    def patterns(self) -> dict[str, list[str]]:
        """By column of `keys` that only rules look at, what they look for."""
        found: dict[str, list[str]] = {}
        for name in self._seen_attributes:
            if name not in _ATTRIBUTES and name != "service_code":
                found[name] = [
                    pattern for each in self._selectors for pattern in getattr(each, name) or ()
                ]
        for tag, column in zip(self._tags, self._tag_columns, strict=True):
            found[column] = [
                pattern for each in self._selectors for pattern in each.tags.get(tag, ())
            ]
        return found

    def _with_resources(self, scan: str) -> str:
        if self.has_split_rows:
            scan = f"(FROM {scan} WHERE NOT {IS_SPLIT_ROW})"
        if not self.has_workloads:
            return scan
        return f"{scan} LEFT JOIN resources ON resources.resource = {BARE_RESOURCE}"

    def _number(self, table: str, number: str, names: str, origin: str) -> None:
        self.session.execute(
            f"CREATE TEMP TABLE {table} AS SELECT row_number() OVER (ORDER BY {names})"
            f" AS {number}, {names} FROM (SELECT DISTINCT {names} FROM {origin})"
        )

    def claim(self) -> None:
        """`claims` of the table `keys`, and `scopes`."""
        seen = ", ".join(self._seen_columns)
        self._number("visible", "vid", seen, "keys")
        self._create("visible_claims", {"vid": "BIGINT"} | _CLAIM_COLUMNS, self._claims())
        self.session.execute(
            "CREATE TEMP TABLE claims AS SELECT kid, visible_claims.*, '' AS driver,"
            f" {dimensions_sql(self._dimension_columns)} AS dimensions"
            f" FROM keys JOIN visible USING ({seen}) JOIN visible_claims USING (vid)"
        )
        self._find_scopes()

    def _find_scopes(self) -> None:
        """`scopes`: the kinds of lines whose cost a driver looks at."""
        scopes = driver_scopes(self.config)
        found = (
            (name, vid, scope.counts_all)
            for vid, line in (self._visible_lines() if scopes else ())
            for name, scope in scopes.items()
            if scope.lines is None or matches_bill(scope.lines, line)
        )
        types = {"scope": "VARCHAR", "vid": "BIGINT", "counts_all": "BOOLEAN"}
        self._create("scopes", types, found)

    def claim_pods(self, pods: PodKeys) -> None:
        """`pod_claims` for the pairs (vid, pid) of the table `pod_pairs`."""
        types = {"vid": "BIGINT", "pid": "BIGINT"} | _CLAIM_COLUMNS
        self._create("pod_claims", types, self._pod_claims(pods))

    def _create(
        self, name: str, types: Mapping[str, str], rows: Iterable[Sequence[object]]
    ) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)

    @property
    def pod_dimensions(self) -> str:
        """Of a pod's part of a line: of both, whichever source the ruleset lists first."""
        columns = {}
        for at, name in enumerate(self.config.dimensions):
            line, pod = f"keys.dimension_{at}", f"pods.pod_dimension_{at}"
            columns[name] = (
                f"CASE WHEN {line} <> '' AND ({pod} = '' OR {line}_source < {pod}_source)"
                f" THEN {line} ELSE {pod} END"
            )
        return dimensions_sql(columns)

    def columns(self, *, sanitised: bool) -> dict[str, str]:
        """All of `keys`: what results carry, what rules see, and the values of labels."""
        columns = _ATTRIBUTES | {name: _SEEN[name] for name in self._seen_attributes}
        tags = {tag: tag_sql(tag, sanitised=sanitised) for tag in self._tags}
        columns |= {
            column: tags[tag] for tag, column in zip(self._tags, self._tag_columns, strict=True)
        }
        columns["segment"] = _segment_sql(breakpoints(self.config))
        tenant = _tag_values(self.config.tenant_labels, sanitised=sanitised)
        columns["label_source"] = first_source_sql(tenant)
        columns["label_value"] = first_value_sql(tenant)
        for name, sources in self.config.dimensions.items():
            column, values = (
                self._dimension_columns[name],
                _tag_values(sources, sanitised=sanitised),
            )
            columns[column] = first_value_sql(values)
            if self.has_workloads:
                columns[f"{column}_source"] = first_source_sql(values)
        return columns | (_carried(sanitised=sanitised) if self.has_workloads else {})

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
        if self.has_workloads:
            fixed += _CARRIED
        return [*self._seen_attributes, *self._tag_columns, *fixed]

    def _claims(self) -> Iterator[Sequence[object]]:
        claims = Claims(self.config)
        for vid, line in self._visible_lines():
            yield vid, *_claim_values(claims.of(line))

    def _visible_lines(self) -> Iterator[tuple[int, LineKey]]:
        result = self.session.execute(
            f"SELECT vid, {', '.join(self._seen_columns)} FROM visible ORDER BY vid"
        )
        while batch := result.fetchmany(10_000):
            for vid, *values in batch:
                yield vid, self._line(dict(zip(self._seen_columns, values, strict=True)))

    def _pod_claims(self, pods: PodKeys) -> Iterator[Sequence[object]]:
        claims = Claims(self.config)
        seen = [f"visible.{name}" for name in self._seen_columns]
        asked = [f"pods.{name}" for name in pods.columns]
        result = self.session.execute(
            f"SELECT vid, pid, {', '.join([*seen, *asked])} FROM pod_pairs"
            " JOIN visible USING (vid) JOIN pods USING (pid) ORDER BY vid, pid"
        )
        while batch := result.fetchmany(10_000):
            for vid, pid, *values in batch:
                line = self._line(dict(zip(self._seen_columns, values[: len(seen)], strict=True)))
                pod = pods.of(dict(zip(pods.columns, values[len(seen) :], strict=True)))
                yield vid, pid, *_claim_values(claims.of(replace(line, pod=pod)))

    @cached_property
    def _days(self) -> list[dt.date]:
        """One in each range of days that `segment` counts."""
        return [dt.date.min, *breakpoints(self.config)]

    def _line(self, seen: dict[str, str | int]) -> LineKey:
        tags = zip(self._tags, (str(seen[column]) for column in self._tag_columns), strict=True)
        value = str(seen["label_value"])
        sources = self.config.tenant_labels
        texts: dict[str, Any] = {name: str(seen.get(name, "")) for name in (*_SEEN, *_CARRIED)}
        return LineKey(
            **texts,
            tags={tag: value for tag, value in tags if value},
            day=self._days[int(seen["segment"])],
            label=Label(sources[int(seen["label_source"])], value) if value else None,
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
    yield from (scope.lines for scope in driver_scopes(config).values() if scope.lines)


def _segment_sql(days: Sequence[dt.date]) -> str:
    terms = [
        f"CAST(ChargePeriodStart >= DATE {literal(day.isoformat())} AS INTEGER)" for day in days
    ]
    return " + ".join(terms) or "0"


def _tag_values(sources: Sequence[str], *, sanitised: bool) -> list[SourceValue]:
    """The sources that a bill alone can answer; an ECS tag is the tag of a task's own line."""
    values = []
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        value = f"trim({tag_sql(key, sanitised=sanitised)}, {literal(BLANKS)})"
        if kind == "tag":
            values.append((at, value))
        elif kind == "ecs.tag":
            values.append((at, f"CASE WHEN {_IS_TASK} THEN {value} ELSE '' END"))
    return values


def _carried(*, sanitised: bool) -> dict[str, str]:
    """What of a cluster a line pays for, or which cluster's instance it says it is."""
    tags = [f"nullif({tag_sql(tag, sanitised=sanitised)}, '')" for tag in _CLUSTER_TAGS]
    return {
        "place": "coalesce(resources.place, 0)",
        "carrier": "coalesce(resources.carrier, '')",
        "cluster": "coalesce(resources.cluster, '')",
        "cluster_tag": f"CASE WHEN resources.place IS NULL AND {BARE_RESOURCE} LIKE 'i-%'"
        f" THEN coalesce({', '.join(tags)}, '') ELSE '' END",
    }


def _claim_values(claim: Claim) -> Sequence[object]:
    return (
        claim.kind,
        claim.recipient,
        claim.method,
        claim.rule,
        claim.reason,
        claim.tag_key,
        claim.tag_value,
        ", ".join(claim.also_matched),
        claim.is_divided,
    )
