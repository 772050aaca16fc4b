"""Which columns the lines of a bill are keyed by: what results carry, and what the ruleset sees.

Rules run once per distinct key and not once per line; so a column that no rule, label or default
looks at is in no key.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.attribution.domain.claims import CLUSTER_TAG
from services.attribution.domain.driver_levels import driver_scopes
from services.attribution.domain.lines import Label, LineKey
from services.attribution.engine.bill_columns import (
    ATTRIBUTES,
    BARE_RESOURCE,
    SELECTED,
    first_tag,
    late_month,
    tag,
)
from services.attribution.engine.claims.label_sources import first_place, first_value, line_values
from shared.configuration.models import Configuration, Selector
from shared.periods import Month
from shared.sql.expressions import (
    EMPTY,
    Sql,
    both,
    call,
    case,
    cast,
    date,
    either,
    identifier,
    infix,
    is_null,
    json_object_of_values,
    literal,
    names,
    number,
    or_empty,
    qualified,
    total,
)

_CARRIED: Final = ("carrier", "cluster", "cluster_tag")
"""Of what a line of a cluster pays for, the part that rules see."""
_CLUSTER_TAGS: Final = (CLUSTER_TAG, "eks:cluster-name")


@dataclass(frozen=True)
class KeyColumns:
    """`has_workloads`: a line's key also says which place of a cluster it pays for."""

    config: Configuration
    period: Month
    has_workloads: bool = False

    def columns(self, *, sanitised: bool) -> dict[str, Sql]:
        """By name: what results carry, what rules see, and the values of labels.

        `sanitised`: tags are also found by the keys that AWS makes of theirs.
        """
        return dict(self._sanitised_columns if sanitised else self._plain_columns)

    @cached_property
    def _sanitised_columns(self) -> dict[str, Sql]:
        return self._columns(sanitised=True)

    @cached_property
    def _plain_columns(self) -> dict[str, Sql]:
        return self._columns(sanitised=False)

    def _columns(self, *, sanitised: bool) -> dict[str, Sql]:
        columns = ATTRIBUTES | {name: SELECTED[name] for name in self.selected}
        columns |= {
            column: tag(key, sanitised=sanitised)
            for key, column in zip(self._tags, self._tag_columns, strict=True)
        }
        is_by_charge = self.config.corrections == "charge_period"
        columns["late_month"] = late_month(self.period) if is_by_charge else EMPTY
        columns["segment"] = _segment(self.breakpoints)
        tenant = list(line_values(self.config.tenant_labels, sanitised=sanitised))
        columns["label_source"] = first_place(tenant)
        columns["label_value"] = first_value(tenant)
        for at, sources in enumerate(self.config.dimensions.values()):
            values = list(line_values(sources, sanitised=sanitised))
            columns[f"dimension_{at}"] = first_value(values)
            if self.has_workloads:
                columns[f"dimension_{at}_source"] = first_place(values)
        return columns | (_carried(sanitised=sanitised) if self.has_workloads else {})

    @cached_property
    def names(self) -> Sql:
        """The columns of a key beside its number."""
        return names(self._plain_columns)

    @cached_property
    def names_but_place(self) -> Sql:
        """Keys that differ in the place alone: results don't show it."""
        return names(name for name in self._plain_columns if name != "place")

    @cached_property
    def patterns(self) -> dict[str, list[str]]:
        """By column of a key that only rules look at, what they look for."""
        patterns: dict[str, list[str]] = {}
        for name in self.selected:
            if name not in ATTRIBUTES and name != "service_code":
                patterns[name] = [
                    pattern for each in self._selectors for pattern in getattr(each, name) or ()
                ]
        for key, column in zip(self._tags, self._tag_columns, strict=True):
            patterns[column] = [
                pattern for each in self._selectors for pattern in each.tags.get(key, ())
            ]
        return patterns

    @cached_property
    def visible(self) -> list[str]:
        """The columns that rules and labels are decided by."""
        fixed = ["late_month", "segment", "label_source", "label_value"]
        if self.has_workloads:
            fixed += _CARRIED
        return [*self.selected, *self._tag_columns, *fixed]

    def line(self, values: Sequence[object]) -> LineKey:
        """Of the values of `visible`."""
        seen = dict(zip(self.visible, values, strict=True))
        tags = zip(self._tags, (str(seen[column]) for column in self._tag_columns), strict=True)
        value = str(seen["label_value"])
        sources = self.config.tenant_labels
        texts: dict[str, Any] = {name: str(seen.get(name, "")) for name in (*SELECTED, *_CARRIED)}
        return LineKey(
            **texts,
            tags={key: value for key, value in tags if value},
            day=self._days[int(str(seen["segment"]))],
            late_month=str(seen["late_month"]),
            label=Label(sources[int(str(seen["label_source"]))], value) if value else None,
        )

    @property
    def line_dimensions(self) -> Sql:
        return json_object_of_values(
            {name: identifier(f"dimension_{at}") for at, name in enumerate(self.config.dimensions)}
        )

    @property
    def pod_dimensions(self) -> Sql:
        """Of a pod's part of a line: of both, whichever source the ruleset lists first."""
        columns = {}
        for at, name in enumerate(self.config.dimensions):
            line = qualified("keys", f"dimension_{at}")
            pod = qualified("pods", f"pod_dimension_{at}")
            line_source = qualified("keys", f"dimension_{at}_source")
            pod_source = qualified("pods", f"pod_dimension_{at}_source")
            is_first = either(infix(pod, "=", EMPTY), infix(line_source, "<", pod_source))
            columns[name] = case([(both(infix(line, "<>", EMPTY), is_first), line)], pod)
        return json_object_of_values(columns)

    @cached_property
    def breakpoints(self) -> list[dt.date]:
        """Days on which a rule or a tenant starts or ends; between two of them nothing changes."""
        ranges = [tenant.active for tenant in self.config.tenants]
        ranges += [selector.dates for selector in self._selectors]
        days = {day for dates in ranges if dates for day in (dates.from_, dates.to) if day}
        return sorted(days)

    @cached_property
    def _days(self) -> list[dt.date]:
        """One in each range of days that `segment` counts."""
        return [dt.date.min, *self.breakpoints]

    @cached_property
    def _selectors(self) -> list[Selector]:
        return list(_selectors(self.config))

    @cached_property
    def selected(self) -> list[str]:
        """The attributes that some selector or default names; a service also by its code."""
        used = {name for name in SELECTED for each in self._selectors if getattr(each, name, None)}
        if "service" in used:
            used.add("service_code")
        if self.config.defaults.accounts:
            used.add("account")
        return [name for name in SELECTED if name in used]

    def column_of_tag(self, key: str) -> str:
        """Of one that selectors name."""
        return self._tag_columns[self._tags.index(key)]

    @cached_property
    def _tags(self) -> list[str]:
        return sorted({key for selector in self._selectors for key in selector.tags})

    @cached_property
    def _tag_columns(self) -> list[str]:
        return [f"tag_{at}" for at in range(len(self._tags))]


def _selectors(config: Configuration) -> Iterator[Selector]:
    yield from (rule.when for rule in config.rules)
    yield from (pool.when for pool in config.pools if pool.when is not None)
    yield from (scope.lines for scope in driver_scopes(config).values() if scope.lines)


def _segment(days: Sequence[dt.date]) -> Sql:
    """How many of the days have come when the line begins."""
    start = identifier("ChargePeriodStart")
    return total([cast(infix(start, ">=", date(day)), "INTEGER") for day in days])


def _carried(*, sanitised: bool) -> dict[str, Sql]:
    """What of a cluster a line pays for, or which cluster's instance it says it is."""
    place = identifier("resource_place")
    is_stranger = both(is_null(place), infix(BARE_RESOURCE, "LIKE", literal("i-%")))
    cluster_tag = first_tag(_CLUSTER_TAGS, sanitised=sanitised)
    return {
        # 0 is no place: they are numbered from 1.
        "place": call("coalesce", place, number(0)),
        "carrier": or_empty(identifier("resource_carrier")),
        "cluster": or_empty(identifier("resource_cluster")),
        "cluster_tag": case([(is_stranger, cluster_tag)], EMPTY),
    }
