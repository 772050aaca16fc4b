"""How far a tenant's cost is off the truth where signals are missing: one JSON line per share.

The truth is each pool-hour's cost by that hour's use, in floating point and without the engine. Of
all pool-hours, a share loses its signals by chance. A pool then goes by the same signal of the day,
then by direct cost. The error is of what a tenant gets of the pools alone, which is more than that
of its whole cost; `fallback_share` is the part of the pools' cost that is marked as split by a
fallback.
"""

import json
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from typing import Final

import duckdb

from services.attribution.engine import Run, attribute
from shared.configuration import Configuration, parse_configuration
from tests.bench.synthetic import PERIOD, raw_totals_of, write_snapshot

MISSING: Final = (0.0, 0.2, 0.5)
SEEDS: Final = (1, 2, 3)
TENANTS: Final = 400
POOLS: Final = ("nat", "lb", "logs")
ERROR_P95_MAX: Final = 0.03
"""At a fifth of the hours missing."""
_HERE: Final = Path(__file__).parent


def main() -> None:
    found = {}
    for missing in MISSING:
        errors, fallback_shares = [], []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as work:
                of_tenants, fallback_share = measured(Path(work), missing, seed)
            errors += of_tenants
            fallback_shares.append(fallback_share)
        found[missing] = quantiles(errors, n=20)[-1]
        line = {
            "missing": missing,
            "error_p95": round(found[missing], 5),
            "fallback_share": round(sum(fallback_shares) / len(SEEDS), 4),
        }
        print(json.dumps(line), flush=True)
    if found[0.2] > ERROR_P95_MAX:
        sys.exit(f"error_p95 at 0.2 is {found[0.2]:.5f}, above {ERROR_P95_MAX}")


def measured(work: Path, missing: float, seed: int) -> tuple[list[float], float]:
    """The relative error of each tenant, and the share split by a fallback."""
    with duckdb.connect() as session:
        session.execute(f"SET VARIABLE seed = {seed:d}")
        session.execute(f"SET VARIABLE missing = {missing:f}")
        session.execute(f"CREATE TABLE signals AS {_query('rhythm_signals.sql')}")
        session.execute(f"CREATE TABLE lines AS {_query('rhythm_lines.sql')}")
        write_snapshot(session, session.table("lines"), work / "part.parquet")
        signals = session.sql(_query("heard_signals.sql"))
        signals.write_parquet(str(work / "signals.parquet"))
        truth = dict(session.execute(_query("true_shares.sql")).fetchall())
        totals = raw_totals_of(session, [work / "part.parquet"])
    run = attribute(
        snapshot_parts=[work / "part.parquet"],
        raw_totals=totals,
        config=ruleset(),
        signals=[work / "signals.parquet"],
        period=PERIOD,
        out_dir=work / "out",
        scratch_dir=work / "scratch",
    )
    shared = shared_costs(run)
    errors = [abs(float(shared.get(key, Decimal(0))) - true) / true for key, true in truth.items()]
    pools = sum(pool.amount for pool in run.coverage.pools)
    return errors, float(run.coverage.by_fallback / pools)


def shared_costs(run: Run) -> dict[str, Decimal]:
    """What each tenant got of pools."""
    shared: dict[str, Decimal] = {}
    for each in run.statements:
        if each.charge_group.startswith("pool:"):
            shared[each.tenant] = shared.get(each.tenant, Decimal(0)) + each.amount
    return shared


def ruleset() -> Configuration:
    tenants = ", ".join(f"{{key: t{at:04d}}}" for at in range(TENANTS))
    pools = "".join(
        f"  - {{name: {name}, when: {{usage_type: ['{name}-*']}}, drivers: [{{signal: {name}_use}},"
        f" {{signal: {name}_use, per: day}}, {{proportional: direct}}]}}\n"
        for name in POOLS
    )
    return parse_configuration(
        f"version: 1\ncurrency: USD\ntenants: [{tenants}]\n"
        f"labels: {{tenant: ['tag:customer']}}\npools:\n{pools}"
    )


def _query(name: str) -> str:
    return (_HERE / name).read_text()


if __name__ == "__main__":
    main()
