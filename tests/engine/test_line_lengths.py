"""A line is split by the signals of its own time: each hour by the part that it covers.

The expected amounts are computed here with fractions, and with none of the engine's code.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.evidence import Selection, Share
from services.attribution.engine.explain import explain
from shared.configuration import parse_configuration
from tests.bills import OCTOBER, amounts, focus_line, run_of, write_signals
from tests.engine.test_drivers import pool
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

UTC = dt.UTC
MIDNIGHT = dt.datetime(2026, 10, 4, tzinfo=UTC)
START, END = OCTOBER.start, OCTOBER.end
QUANTA = 10**10
UNITS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}

moments = st.one_of(
    st.integers(-30, 30).map(lambda hours: MIDNIGHT + dt.timedelta(hours=hours)),
    st.integers(-30 * 60, 30 * 60).map(lambda minutes: MIDNIGHT + dt.timedelta(minutes=minutes)),
    st.integers(-7200, 7200).map(lambda seconds: MIDNIGHT + dt.timedelta(seconds=seconds)),
    st.sampled_from([START, END, MIDNIGHT, MIDNIGHT - UNITS["day"], START - UNITS["day"]]),
    st.integers(-7200, 7200).map(lambda seconds: END + dt.timedelta(seconds=seconds)),
)
lines = st.lists(
    st.tuples(st.tuples(moments, moments).map(sorted), st.decimals(-50, 50, places=10)),
    min_size=1,
    max_size=6,
)
used = st.lists(
    st.tuples(
        st.one_of(
            st.integers(-26, 26).map(lambda hours: MIDNIGHT + dt.timedelta(hours=hours)),
            st.sampled_from([START, END - UNITS["hour"]]),
        ),
        st.sampled_from(["acme", "globex"]),
        st.integers(0, 9),
    ),
    max_size=12,
)


def shares(start: dt.datetime, end: dt.datetime, per: str, signals) -> dict[str, Fraction]:
    """What each tenant has of a line: of every unit that it touches, by the part of it."""
    unit = UNITS[per]
    if end <= start.replace(minute=0, second=0) + UNITS["hour"]:  # it is of that hour
        start = start.replace(minute=0, second=0)
        end = start + UNITS["hour"]
    weights: defaultdict[str, Fraction] = defaultdict(Fraction)
    for moment, tenant, quantity in signals:
        first = moment if per == "hour" else moment.replace(hour=0)
        overlap = min(end, first + unit) - max(start, first)
        if overlap > dt.timedelta(0):
            weights[tenant] += quantity * Fraction(int(overlap.total_seconds()))
    total = sum(weights.values())
    return {tenant: each / total for tenant, each in weights.items()} if total else {}


def write(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def nat(cost: Decimal, start: dt.datetime, end: dt.datetime) -> dict[str, str]:
    return focus_line(
        SkuMeter="nat-bytes",
        cost=f"{cost:f}",
        ChargePeriodStart=write(start),
        ChargePeriodEnd=write(end),
    )


class TestALineOfAnyLength:
    @examples(1 / 10)
    @given(lines, used, st.sampled_from(["hour", "day"]))
    def test_goes_by_the_signals_of_its_own_time(self, bill_lines, signals, per):
        expected: defaultdict[str, Fraction] = defaultdict(Fraction)
        for (start, end), cost in bill_lines:
            of_line = shares(start, end, per, signals)
            for tenant, share in of_line.items():
                expected[tenant] += share * Fraction(cost)
            if not of_line:
                expected["unallocated"] += Fraction(cost)
        rows = [f"bytes {write(moment)} {tenant} {each}" for moment, tenant, each in signals]
        bill = [nat(cost, start, end) for (start, end), cost in bill_lines]
        with work_folder() as work:
            found = run_of(
                write_normalised(work / "bill", bill),
                work,
                pool("{signal: bytes}", per=per),
                [write_signals(work / "signals.csv", *rows)],
            )
        given_to = amounts(found)
        for tenant in {*expected, *given_to}:
            off = abs(Fraction(given_to.get(tenant, Decimal(0))) - expected[tenant])
            assert off * QUANTA < len(bill_lines), tenant  # each line rounds by less than a quantum
        assert found.proof.difference == 0

    @pytest.mark.parametrize("end", ["T23:59:59Z", "T23:59:59.999Z"])
    @pytest.mark.parametrize("start", ["2026-10-03T22:00:00Z", "2026-10-03T00:00:00Z"])
    def test_ends_with_its_hour_where_the_last_second_is_written(self, tmp_path, start, end):
        line = focus_line(
            SkuMeter="nat-bytes",
            cost="7",
            ChargePeriodStart=start,
            ChargePeriodEnd=f"2026-10-03{end}",
        )
        signals = ["bytes 2026-10-03T22:00:00Z acme 3", "bytes 2026-10-03T23:00:00Z globex 4"]
        found = run_of(
            write_normalised(tmp_path / "bill", [line]),
            tmp_path,
            pool("{signal: bytes}"),
            [write_signals(tmp_path / "signals.csv", *signals)],
        )
        assert amounts(found) == {"acme": 3, "globex": 4}

    @pytest.mark.parametrize(
        ("driver", "extra", "of_acme"),
        [
            ("{blend: {bytes: 1, calls: 1}}", ["calls {late} acme 1"], "5"),
            ("{signal: bytes, per: day}", [], "2"),
            ("{signal: bytes, control: whole}", ["whole {early} pool:nat 5"], "1.6"),
            ("{signal: calls}, {signal: bytes}", [], "2"),
        ],
    )
    def test_is_so_for_each_driver_that_looks_at_time(self, tmp_path, driver, extra, of_acme):
        # Half of acme's 1 of the 23rd hour, half of globex's 3 of the hour after.
        early, late = "2026-10-03T23:00:00Z", "2026-10-04T00:00:00Z"
        signals = [f"bytes {early} acme 1", f"bytes {late} globex 3"]
        signals += [each.format(early=early, late=late) for each in extra]
        half = dt.timedelta(minutes=30)
        bill = [nat(Decimal(8), MIDNIGHT - half, MIDNIGHT + half)]
        found = run_of(
            write_normalised(tmp_path / "bill", bill),
            tmp_path,
            pool(driver),
            [write_signals(tmp_path / "signals.csv", *signals)],
        )
        assert amounts(found)["acme"] == Decimal(of_acme)

    def test_is_explained_by_the_weights_of_its_hours(self, tmp_path):
        half = dt.timedelta(minutes=30)
        rows = ["23:00:00Z acme 1", "23:00:00Z globex 1", "20:00:00Z acme 96"]
        signals = [f"bytes 2026-10-03T{each}" for each in rows]
        signals.append("bytes 2026-10-04T00:00:00Z globex 2")
        bill = [nat(Decimal(8), MIDNIGHT - half, MIDNIGHT + half)]
        explanation = explain(
            snapshot_parts=write_normalised(tmp_path / "bill", bill).parts,
            config=parse_configuration(pool("{signal: bytes}")),
            signals=[write_signals(tmp_path / "signals.csv", *signals)],
            period=OCTOBER,
            selection=Selection(tenant="globex"),
            scratch_dir=tmp_path / "scratch",
        )
        [part] = explanation.parts
        assert isinstance(part.evidence, Share)
        assert part.evidence.weights == (1, 3)
        [rows_of_meter] = part.evidence.signals
        assert [(str(each.start), each.quantity) for each in rows_of_meter.largest] == [
            ("2026-10-04 00:00:00", 2),
            ("2026-10-03 23:00:00", 1),
        ]


def test_a_line_within_an_hour_is_of_that_hour(tmp_path):
    quarter = dt.timedelta(minutes=15)
    bill = [nat(Decimal(8), MIDNIGHT + quarter, MIDNIGHT + 2 * quarter)]
    signals = [f"bytes {write(MIDNIGHT)} acme 1", f"bytes {write(MIDNIGHT)} globex 3"]
    found = run_of(
        write_normalised(tmp_path / "bill", bill),
        tmp_path,
        pool("{signal: bytes}"),
        [write_signals(tmp_path / "signals.csv", *signals)],
    )
    assert amounts(found) == {"acme": 2, "globex": 6}
