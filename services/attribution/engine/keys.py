# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""The key dictionary: rules run once per distinct combination of what they can see.

Lines become `facts` (key, hour, span, units); `keys` holds the combinations, numbered in their
own order so that nothing depends on the order of files or lines. Only what the ruleset looks at
is part of a key (allocation facts, Part B).
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.claims import Claim, Claims
from services.attribution.domain.lines import LineKey
from services.attribution.engine.tables import create_table
from shared.columnar import Session, identifier, literal, parquet_scan
from shared.configuration.models import Configuration, Selector

_ALWAYS = {
    "source": "coalesce(x_Source, '')",
    "account": "coalesce(x_Account, '')",
    "service": "coalesce(ServiceName, '')",
    "service_code": "coalesce(x_ServiceCode, '')",
    "charge_group": "coalesce(ServiceCategory, 'Other')",
    "charge_category": "coalesce(ChargeCategory, '')",
    "region": "coalesce(RegionId, '')",
}
_SPAN = """CASE
    WHEN ChargePeriodEnd IS NULL
        OR ChargePeriodEnd <= date_trunc('hour', ChargePeriodStart) + INTERVAL 1 HOUR THEN 1
    WHEN ChargePeriodEnd <= date_trunc('day', ChargePeriodStart) + INTERVAL 1 DAY THEN 2
    ELSE 3
END"""

CLAIM_COLUMNS = {
    "kid": "BIGINT",
    "kind": "VARCHAR",
    "recipient": "VARCHAR",
    "method": "VARCHAR",
    "rule": "VARCHAR",
    "reason": "VARCHAR",
    "tag_key": "VARCHAR",
    "tag_value": "VARCHAR",
    "dimensions": "VARCHAR",
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
        columns = self._columns(scan)
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        names = ", ".join(columns)
        self.session.execute(
            f"CREATE TEMP TABLE costs AS SELECT {listed},"
            " date_trunc('hour', ChargePeriodStart) AS hour,"
            f" {_SPAN} AS span,"
            f" sum(CAST({identifier(self.config.cost)} * 10000000000 AS BIGINT)) AS units"
            f" FROM {scan} GROUP BY ALL"
        )
        self.session.execute(
            f"CREATE TEMP TABLE keys AS SELECT row_number() OVER (ORDER BY {names}) AS kid, {names}"
            f" FROM (SELECT DISTINCT {names} FROM costs)"
        )
        self.session.execute(
            "CREATE TEMP TABLE facts AS SELECT kid, hour, span, units"
            f" FROM costs JOIN keys USING ({names})"
        )
        self.session.execute("DROP TABLE costs")
        create_table(
            self.session,
            "claims",
            CLAIM_COLUMNS,
            self._claims(),
            scratch_dir=self.scratch_dir,
        )

    def _columns(self, scan: str) -> dict[str, str]:
        columns = dict(_ALWAYS)
        selectors = list(_selectors(self.config))
        uses_usage_type = any(each.usage_type is not None for each in selectors)
        uses_resource = any(each.resource is not None for each in selectors)
        usage_type = "coalesce(x_UsageType, SkuMeter, '')"
        columns["usage_type"] = usage_type if uses_usage_type else "''"
        columns["resource"] = "coalesce(ResourceId, '')" if uses_resource else "''"
        columns["segment"] = _segment_sql(breakpoints(self.config))
        sanitised = self._has_sanitised_tags(scan)
        for at, tag in enumerate(tag_keys(self.config)):
            columns[f"tag_{at}"] = _tag_sql(tag, sanitised=sanitised)
        return columns

    def _has_sanitised_tags(self, scan: str) -> bool:
        """CUR 2.0 writes tag keys in lower case with `_` for every other sign."""
        rows = self.session.execute(f"SELECT DISTINCT x_SourceFormat FROM {scan}").fetchall()
        return any(row[0] == "CUR 2.0" for row in rows)

    def _claims(self) -> Iterator[Sequence[object]]:
        claims = Claims(self.config)
        days = [dt.date.min, *breakpoints(self.config)]
        tags = tag_keys(self.config)
        names = [
            "kid",
            "account",
            "service",
            "service_code",
            "region",
            "usage_type",
            "resource",
            "charge_category",
            "segment",
            *(f"tag_{at}" for at in range(len(tags))),
        ]
        result = self.session.execute(f"SELECT {', '.join(names)} FROM keys ORDER BY kid")
        while batch := result.fetchmany(10_000):
            for row in batch:
                found = {tag: value for tag, value in zip(tags, row[9:], strict=True) if value}
                visible = dict(zip(names[1:8], row[1:8], strict=True))
                line = LineKey(**visible, tags=found, day=days[row[8]])
                yield _claim_row(row[0], claims.of(line))


def _claim_row(kid: int, claim: Claim) -> Sequence[object]:
    """In the order of `CLAIM_COLUMNS`."""
    return (
        kid,
        claim.kind,
        claim.recipient,
        claim.method,
        claim.rule,
        claim.reason,
        claim.tag_key,
        claim.tag_value,
        json.dumps(dict(claim.dimensions), ensure_ascii=False),
        ", ".join(claim.also_matched),
    )


def tag_keys(config: Configuration) -> list[str]:
    """The tags that the ruleset looks at, and no other."""
    sources = (source for listed in config.labels.values() for source in listed)
    keys = {source.removeprefix("tag:") for source in sources if source.startswith("tag:")}
    for selector in _selectors(config):
        keys |= set(selector.tags)
    return sorted(keys)


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


def _tag_sql(tag: str, *, sanitised: bool) -> str:
    candidates = [tag, sanitise_tag(tag)] if sanitised else [tag]
    found = ", ".join(f"Tags[{literal(key)}]" for key in dict.fromkeys(candidates))
    return f"coalesce({found}, '')"


def sanitise_tag(key: str) -> str:
    """AWS's rule for column names: `_` before upper case, lower case, other signs to one `_`."""
    spaced = re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")
