"""What the recorders delivered of the traffic."""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - plays the operator's recorders

from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.traffic import Traffic

_UNITS: Final = {
    "nat_bytes": "By",
    "alb_lcu": "LCU",
    "log_bytes": "By",
    "pod_count": "pods",
    "series": "thousand",
}
_SCALES: Final = {"By": Decimal(1000), "LCU": Decimal("0.000001")}


def _quantity(meter: str, amount: int) -> Decimal:
    return amount * _SCALES.get(_UNITS[meter], Decimal(1))


def record(traffic: Traffic) -> list[dict[str, object]]:
    """Rows of the hours that were not silent; aliases in use, a few rows delivered twice."""
    names = {tenant.key: (tenant.key, *tenant.aliases[:1]) for tenant in TENANTS}
    rows: list[dict[str, object]] = []
    for (meter, source), by_hour in traffic.measured.items():
        for hour, quantities in enumerate(by_hour):
            if traffic.is_silent(meter, hour):
                continue
            start = traffic.month.at(hour).astimezone(UTC)
            for turn, (consumer, amount) in enumerate(quantities.items()):
                spellings = names.get(consumer, (consumer,))
                rows.append(
                    {
                        "meter": meter,
                        "start": start,
                        "consumer": spellings[hour % len(spellings)],
                        "quantity": _quantity(meter, amount),
                        "unit": _UNITS[meter],
                        "source": source,
                        "id": f"{source}-{hour:03d}-{turn:02d}",
                    }
                )
    return rows + rows[:: len(rows) // 40]


def write_signals(rows: Sequence[dict[str, object]], path: Path) -> None:
    text = pa.string()
    schema = pa.schema(
        [
            ("meter", text),
            ("start", pa.timestamp("us", tz="UTC")),
            ("consumer", text),
            ("quantity", pa.decimal128(28, 6)),
            ("unit", text),
            ("source", text),
            ("id", text),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path, compression="snappy")
