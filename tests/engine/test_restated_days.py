"""A restated bill computes the days that changed, and writes what computing all days would."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.engine import PreparedInputs, Run, attribute, prepare
from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.prepared import kept_results, preparation
from shared.configuration import parse_configuration
from shared.faults import ProofFailed
from tests.bills import (
    OCTOBER,
    RULESET,
    amounts,
    focus_line,
    rows_of,
    write_signals,
)
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

DAYS = st.integers(3, 6)
HOURS = st.integers(3, 4)
TIMES = {
    "hour": ("{day:02d}T{hour:02d}:00", "{day:02d}T{next:02d}:00"),
    "some": ("{day:02d}T{hour:02d}:20", "{day:02d}T23:00"),
    "day": ("{day:02d}T00:00", "{after:02d}T00:00"),
    "over": ("{day:02d}T{hour:02d}:00", "{after:02d}T03:30"),
    "long": ("{day:02d}T{hour:02d}:00", "20T00:00"),
}


def time_of(length: str, day: int, hour: int) -> dict[str, str]:
    start, end = (
        f"2026-10-{text.format(day=day, after=day + 1, hour=hour, next=hour + 1)}:00Z"
        for text in TIMES[length]
    )
    return {"ChargePeriodStart": start, "ChargePeriodEnd": end}


lines = st.lists(
    st.builds(
        lambda cost, day, hour, kind, length, value: focus_line(
            cost=f"{cost:f}",
            **time_of(length, day, hour),
            SkuMeter=f"{kind}-usage",
            tags={"customer": value} if value else None,
        ),
        st.decimals(-20, 50, places=10),
        DAYS,
        HOURS,
        st.sampled_from(["box", "nat", "lb"]),
        st.sampled_from(["hour"] * 8 + ["some", "day", "over", "long"]),
        st.sampled_from(["", "acme", "globex", "stranger"]),
    ),
    min_size=1,
    max_size=20,
)
signals = st.lists(
    st.builds(
        lambda meter, day, hour, consumer, quantity: (
            f"{meter} 2026-10-{day:02d}T{hour:02d}:00:00Z {consumer} {quantity:f}"
        ),
        st.sampled_from(["bytes", "requests"]),
        DAYS,
        HOURS,
        st.sampled_from(["acme", "globex", "acme", "globex", "pool:lb"]),
        st.decimals(0, 1000, places=2),
    ),
    max_size=15,
)
chains = st.lists(
    st.sampled_from(
        [
            "{signal: bytes}",
            "{signal: requests, per: day}",
            "{proportional: direct}",
            "{proportional: direct, per: day}",
            "{weights: {acme: 1, globex: 2}}",
        ]
    ),
    min_size=1,
    max_size=3,
)
rulesets = st.builds(
    lambda nat, lb, per: (
        RULESET.replace("{key: globex}", "{key: globex, active: {to: 2026-10-05}}")
        + f"pools:\n  - {{name: nat, when: {{usage_type: ['nat-*']}}, drivers: [{', '.join(nat)}],"
        f" per: {per}}}\n"
        f"  - {{name: lb, when: {{usage_type: ['lb-*']}}, drivers: [{', '.join(lb)}]}}\n"
    ),
    chains,
    chains.map(lambda chain: [*chain, "{even: true}"]),
    st.sampled_from(["hour", "hour", "day", "period"]),
)


def run(work: Path, bill_lines, ruleset: str, rows, kept: Path | None) -> tuple[Run, dict]:
    """With all files that it wrote."""
    bill = write_normalised(work / "bill", bill_lines)
    found = attribute(
        snapshot_parts=bill.parts,
        raw_totals=bill.raw_totals,
        config=parse_configuration(ruleset),
        signals=[write_signals(work / "signals.csv", *rows)],
        period=OCTOBER,
        out_dir=work / "run",
        scratch_dir=work / "scratch",
        prepared_dir=kept,
        memory_limit_mb=512,
    )
    return found, written(work)


def written(work: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (work / "run").iterdir()}


class TestARestatedBill:
    @examples(1 / 15)
    @given(lines, lines, rulesets, signals, signals, st.data())
    def test_gives_the_bytes_of_a_run_that_computes_all_days(
        self, before, others, ruleset, rows, other_rows, data
    ):
        changed = data.draw(st.sets(DAYS, max_size=2))
        after = restated(before, others, changed)
        rows_after = restated(rows, other_rows, changed) if data.draw(st.booleans()) else rows
        with work_folder() as work:
            run(work, before, ruleset, rows, work / "kept")
            again = run(work, after, ruleset, rows_after, work / "kept")
            assert again == run(work, after, ruleset, rows_after, None)

    def test_takes_what_came_out_of_a_day_that_did_not_change(self, tmp_path):
        self.run_on_two_days(tmp_path, "1")
        falsify(tmp_path, day=3)
        with pytest.raises(ProofFailed):
            self.run_on_two_days(tmp_path, "2")

    def test_takes_nothing_that_another_engine_left(self, tmp_path, monkeypatch):
        self.run_on_two_days(tmp_path, "1")
        falsify(tmp_path, day=3)
        for module in (kept_results, preparation):
            monkeypatch.setattr(module, "engine_digest", lambda: "of another engine")
        found = self.run_on_two_days(tmp_path, "2")
        assert str(found.proof.attributed_total) == "3.0000000000"

    def test_computes_a_day_that_changed(self, tmp_path):
        self.run_on_two_days(tmp_path, "1")
        falsify(tmp_path, day=4)
        found = self.run_on_two_days(tmp_path, "2")
        assert str(found.proof.attributed_total) == "3.0000000000"

    @pytest.mark.parametrize(
        ("used_since", "of_acme", "of_globex"),
        [
            (["acme 3", "globex 1"], "7.5", "2.5"),
            (["globex 1", "globex 1"], "0", "10"),
            (["globex 1"], "0", "10"),
            (["acme 1", "acme 2", "globex 2"], "6", "4"),
        ],
        ids=["quantity", "consumer", "one less", "one more"],
    )
    def test_computes_a_day_whose_signals_changed(self, tmp_path, used_since, of_acme, of_globex):
        ruleset = (
            f"{RULESET}pools: [{{name: nat, when: {{usage_type: [nat-*]}}, "
            "drivers: [{signal: bytes}, {even: true}]}]\n"
        )
        bill_lines = [
            focus_line(
                cost="10",
                SkuMeter="nat-usage",
                ChargePeriodStart="2026-10-03T03:00:00Z",
                ChargePeriodEnd="2026-10-03T04:00:00Z",
            )
        ]
        for used in (["acme 1", "globex 1"], used_since):
            rows = [f"bytes 2026-10-03T03:00:00Z {each}" for each in used]
            found, _ = run(tmp_path, bill_lines, ruleset, rows, tmp_path / "kept")
        assert amounts(found).get("acme", 0) == Decimal(of_acme)
        assert amounts(found)["globex"] == Decimal(of_globex)

    def test_computes_all_days_where_the_ruleset_changed(self, tmp_path):
        self.run_on_two_days(tmp_path, "1")
        falsify(tmp_path, day=3)
        self.run_on_two_days(tmp_path, "1", RULESET + "idle: proportional\n")

    @pytest.mark.parametrize(
        "split",
        ["drivers: [{even: true}], per: period", "drivers: [{signal: bytes, per: period}]"],
    )
    def test_keeps_nothing_where_a_pool_is_split_over_the_period(self, tmp_path, split):
        ruleset = f"{RULESET}pools: [{{name: p, when: {{usage_type: [x]}}, {split}}}]\n"
        self.run_on_two_days(tmp_path, "1", ruleset)
        assert not list((tmp_path / "kept").glob("results-*"))

    def run_on_two_days(self, work: Path, second: str, ruleset: str = RULESET) -> Run:
        bill_lines = [
            focus_line(
                cost=cost,
                ChargePeriodStart=f"2026-10-{day:02d}T03:00:00Z",
                ChargePeriodEnd=f"2026-10-{day:02d}T04:00:00Z",
                tags={"customer": "acme"},
            )
            for day, cost in ((3, "1"), (4, second))
        ]
        return run(work, bill_lines, ruleset, [], work / "kept")[0]


class TestAPreparedBill:
    @examples(1 / 15)
    @given(lines, rulesets, signals)
    def test_gives_the_bytes_of_one_that_is_read_by_the_hour(self, bill_lines, ruleset, rows):
        with work_folder() as work:
            found, files = run(work, bill_lines, ruleset, rows, None)
            bill = write_normalised(work / "bill", bill_lines)
            with open_attribution(
                config=parse_configuration(ruleset),
                period=OCTOBER,
                scratch_dir=work / "scratch",
                memory_limit_mb=512,
            ) as whole:
                findings = whole.split(bill.parts, [work / "signals.csv"])
                again = whole.finish(work / "run", None, bill.raw_totals, findings)
            assert again == found
            assert written(work) == files

    LINES = [
        focus_line(
            cost=f"{day}.{hour}",
            ChargePeriodStart=f"2026-10-{day:02d}T{hour:02d}:00:00Z",
            ChargePeriodEnd=f"2026-10-{day:02d}T{hour + 1:02d}:00:00Z",
            tags={"customer": "acme"},
        )
        for day in (3, 4)
        for hour in (5, 6, 7)
    ]

    def test_has_the_same_fingerprints_of_days_in_another_order_and_other_parts(self, tmp_path):
        whole = fingerprints(tmp_path / "whole", [self.LINES])
        assert fingerprints(tmp_path / "turned", [self.LINES[::-1]]) == whole
        assert fingerprints(tmp_path / "cut", [self.LINES[4:], self.LINES[:4]]) == whole

    def test_has_another_fingerprint_of_a_day_with_a_line_of_no_cost_more(self, tmp_path):
        free = self.LINES[0] | {"BilledCost": "0", "EffectiveCost": "0"}
        whole = fingerprints(tmp_path / "whole", [self.LINES])
        more = fingerprints(tmp_path / "more", [[*self.LINES, free]])
        assert [day for day, fingerprint in more.items() if fingerprint != whole[day]] == [
            "2026-10-03"
        ]

    def test_reads_a_part_that_it_knows_no_more(self, tmp_path):
        first, second = (
            write_normalised(tmp_path / str(at), lines).parts[0]
            for at, lines in enumerate((self.LINES[:2], self.LINES[2:]))
        )
        known = prepared(tmp_path, [first]).parts
        written_at = (known[0] / "hours.parquet").stat().st_mtime_ns
        parts = prepared(tmp_path, [second, first]).parts
        assert set(known) < set(parts)
        assert (known[0] / "hours.parquet").stat().st_mtime_ns == written_at

    def test_is_prepared_anew_where_the_ruleset_looks_at_something_else(self, tmp_path):
        part = write_normalised(tmp_path / "bill", self.LINES).parts[0]
        known = prepared(tmp_path, [part])
        other = RULESET.replace("tag:customer", "tag:tenant")
        assert set(prepared(tmp_path, [part], other).parts).isdisjoint(known.parts)
        assert not known.parts[0].exists()


def falsify(work: Path, *, day: int) -> None:
    """The results that were kept of this day."""
    path = next((work / "kept").glob("results-*")) / "amounts.parquet"
    with duckdb.connect() as session:
        session.execute(
            "COPY (SELECT day, line, CAST(quanta + CAST(day = $day AS INTEGER) AS DECIMAL(38,0))"
            " AS quanta FROM read_parquet($path)) TO $fresh (FORMAT parquet)",
            {"day": dt.date(2026, 10, day), "path": str(path), "fresh": f"{path}.new"},
        )
    path.with_suffix(".parquet.new").rename(path)


def prepared(work: Path, parts, ruleset: str = RULESET) -> PreparedInputs:
    return prepare(
        snapshot_parts=parts,
        signals=[],
        config=parse_configuration(ruleset),
        period=OCTOBER,
        prepared_dir=work / "prepared",
        scratch_dir=work / "scratch",
        memory_limit_mb=512,
    )


def fingerprints(work: Path, parts) -> dict[str, str]:
    """By day."""
    files = [write_normalised(work / str(at), lines).parts[0] for at, lines in enumerate(parts)]
    rows = rows_of(prepared(work, files).bill / "fingerprints.parquet")
    return {str(day): fingerprint for day, fingerprint in rows}


def restated(before: list, others: list, days: set[int]) -> list:
    """The lines, or signals, of `before`, but on these days those of `others`."""
    found = [each for each in before if day_of(each) not in days]
    found += [each for each in others if day_of(each) in days]
    return found or before


def day_of(line) -> int:
    start = line["ChargePeriodStart"] if isinstance(line, dict) else line.split()[1]
    return int(start[8:10])
