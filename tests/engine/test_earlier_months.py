"""Lines of a later bill that belong to an earlier month: kept apart there, attributed here."""

import datetime as dt
import json
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.engine import Exchange, SetApart, attribute, set_apart
from shared.configuration import parse_configuration
from shared.faults import ProofFailed
from shared.periods import Month
from tests.bills import RULESET, amounts, focus_line, rows_of
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

OCTOBER, NOVEMBER, DECEMBER = MONTHS = [Month(2026, 10), Month(2026, 11), Month(2026, 12)]
POOLED = """
version: 1
currency: USD
tenants: [{key: acme}, {key: globex, active: {to: 2026-11-01}}]
labels: {tenant: ["tag:customer"]}
pools: [{name: shared, when: {service: [Support]}, drivers: [proportional: direct]}]
"""
ACME, GLOBEX = {"tags": {"customer": "acme"}}, {"tags": {"customer": "globex"}}


def line(bill: Month, day: str, cost: str = "1", **more):
    start = dt.datetime.fromisoformat(f"{day}+00:00")
    end = more.pop("end", f"{start + dt.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    return focus_line(
        **{
            "cost": cost,
            "BillingPeriodStart": f"{bill.start:%Y-%m-%dT%H:%M:%SZ}",
            "BillingPeriodEnd": f"{bill.end:%Y-%m-%dT%H:%M:%SZ}",
            "ChargePeriodStart": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "ChargePeriodEnd": end,
        }
        | more
    )


def apart(work, bill, lines, months=(OCTOBER,)) -> SetApart:
    written = write_normalised(work / f"{bill}", lines)
    return set_apart(
        written.parts,
        period=bill,
        months=months,
        out_dir=work / f"{bill}" / "out",
        scratch_dir=work / f"{bill}" / "scratch",
        memory_limit_mb=512,
    )


def attributed(work, bills, ruleset=RULESET):
    """Each month's run, of its bill and of what later bills have of it."""
    taken = {
        bill: write_normalised(work / f"{bill}", lines) for bill, lines in sorted(bills.items())
    }
    divided = {
        bill: set_apart(
            each.parts,
            period=bill,
            months=[month for month in taken if month < bill],
            out_dir=work / f"{bill}/out",
            scratch_dir=work / f"{bill}/scratch",
            memory_limit_mb=512,
        )
        for bill, each in taken.items()
    }
    runs = {}
    for month, each in taken.items():
        came = tuple(
            moved_in(bill, moved)
            for bill, other in divided.items()
            for moved in other.moved_out
            if moved.period == str(month)
        )
        runs[month] = attribute(
            snapshot_parts=[*divided[month].parts, *(moved.path for moved in came)],
            raw_totals=each.raw_totals,
            config=parse_configuration(ruleset),
            signals=[],
            period=month,
            out_dir=work / f"{month}/out",
            scratch_dir=work / f"{month}/scratch",
            run_id="run-1",
            memory_limit_mb=512,
            exchange=Exchange(came, divided[month].moved_out),
        )
    return runs


def moved_in(bill, moved):
    return type(moved)(**{**vars(moved), "period": str(bill)})


OWN = [line(OCTOBER, "2026-10-03T04", "100", **ACME), line(OCTOBER, "2026-10-04T04", "9", **GLOBEX)]
LATER = line(NOVEMBER, "2026-11-03T04", "70", **ACME)


class TestLinesOfAnEarlierMonth:
    @pytest.mark.parametrize(
        ("cost", "given_to"),
        [("-50.25", {"acme": "49.75", "globex": "9"}), ("60.25", {"acme": "160.25"})],
        ids=["a refund", "late usage"],
    )
    def test_change_the_month_of_their_charge_period(self, tmp_path, cost, given_to):
        late = line(NOVEMBER, "2026-10-20T07", cost, **ACME)
        runs = attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, late]})
        october, november = runs[OCTOBER], runs[NOVEMBER]
        assert amounts(october).items() >= {k: Decimal(v) for k, v in given_to.items()}.items()
        assert amounts(november) == {"acme": Decimal(70)}
        for run in (october, november):
            assert run.proof.holds
            assert run.proof.difference == 0
        assert october.proof.moved_in == {"2026-11": Decimal(cost)}
        assert november.proof.moved_out == {"2026-10": Decimal(cost)}
        assert november.proof.bill_total == Decimal(70) + Decimal(cost)

    def test_go_to_a_tenant_that_left_since(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-2", **GLOBEX)
        runs = attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, late]}, POOLED)
        assert amounts(runs[OCTOBER])["globex"] == Decimal(7)
        assert "globex" not in amounts(runs[NOVEMBER])

    def test_are_taken_back_by_a_later_bill(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-50.25", **ACME)
        back = line(DECEMBER, "2026-10-20T07", "50.25", **ACME)
        bills = {OCTOBER: OWN, NOVEMBER: [LATER, late], DECEMBER: [back]}
        runs = attributed(tmp_path, bills)
        assert amounts(runs[OCTOBER])["acme"] == Decimal(100)
        assert runs[OCTOBER].proof.moved_in == {
            "2026-11": Decimal("-50.25"),
            "2026-12": Decimal("50.25"),
        }
        assert amounts(runs[DECEMBER]) == {}

    def test_stand_on_their_days(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-1", **ACME)
        attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, late]})
        query = "SELECT day, amount FROM rows WHERE amount < 0"
        rows = rows_of(tmp_path / "2026-10/out/allocations.parquet", query)
        assert rows == [(dt.date(2026, 10, 20), Decimal(-1))]

    def test_without_resource_or_tag_are_nobodys_there(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-3", ResourceId="")
        runs = attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, late]})
        assert amounts(runs[OCTOBER])["unallocated"] == Decimal(-3)
        assert runs[NOVEMBER].proof.unallocated_total == 0

    def test_are_named_by_both_proofs(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-3", **ACME)
        attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, late]})
        october, november = (
            json.loads((tmp_path / f"{month}/out/proof.json").read_text())
            for month in (OCTOBER, NOVEMBER)
        )
        assert october["moved_in"] == {"2026-11": "-3.0000000000"}
        assert "moved_out" not in october
        assert november["moved_out"] == {"2026-10": "-3.0000000000"}
        (group,) = november["per"]
        assert (group["bill"], group["out"], group["moved_out"]) == (
            "67.0000000000",
            "70.0000000000",
            "-3.0000000000",
        )

    def test_that_one_side_forgets_break_its_proof(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07", "-3", **ACME)
        divided = apart(tmp_path, NOVEMBER, [LATER, late])
        written = write_normalised(tmp_path / "again", [LATER, late])
        with pytest.raises(ProofFailed, match=r"differs from the bill by -3\.0000000000 USD"):
            attribute(
                snapshot_parts=divided.parts,
                raw_totals=written.raw_totals,
                config=parse_configuration(RULESET),
                signals=[],
                period=NOVEMBER,
                out_dir=tmp_path / "out",
                scratch_dir=tmp_path / "scratch",
                memory_limit_mb=512,
            )


STAY = {
    "of another month than asked": line(NOVEMBER, "2026-09-20T07"),
    "over two months": line(DECEMBER, "2026-10-31T23", end="2026-11-01T01:00:00Z"),
    "into the bill's own month": line(NOVEMBER, "2026-10-31T23", end="2026-11-01T01:00:00Z"),
    "longer than a month": line(DECEMBER, "2026-10-01T00", end="2026-12-01T00:00:00Z"),
    "bought": line(NOVEMBER, "2026-10-20T07", ChargeCategory="Purchase"),
    "bought, in another case": line(NOVEMBER, "2026-10-20T07", ChargeCategory="purchase"),
    "of the bill's month": line(NOVEMBER, "2026-11-20T07", ChargeClass="Correction"),
}
MOVE = {
    "a whole month": line(NOVEMBER, "2026-10-01T00", end="2026-11-01T00:00:00Z"),
    "to its last second": line(NOVEMBER, "2026-10-01T00", end="2026-10-31T23:59:59Z"),
    "of a moment": line(NOVEMBER, "2026-10-01T00", end="2026-10-01T00:00:00Z"),
    "without an end": line(NOVEMBER, "2026-10-31T23", end=""),
    "ends before it starts": line(NOVEMBER, "2026-10-20T07", end="2026-09-01T00:00:00Z"),
    "of another category": line(NOVEMBER, "2026-10-20T07", ChargeCategory="Credit"),
}


class TestSetApart:
    @pytest.mark.parametrize("stays", STAY.values(), ids=STAY)
    def test_leaves_a_line(self, tmp_path, stays):
        bill = Month.parse(stays["BillingPeriodStart"][:7])
        divided = apart(tmp_path, bill, [stays])
        assert divided.moved_out == ()
        assert divided.parts == write_normalised(tmp_path / f"{bill}", [stays]).parts

    @pytest.mark.parametrize("moves", MOVE.values(), ids=MOVE)
    def test_moves_a_line(self, tmp_path, moves):
        divided = apart(tmp_path, NOVEMBER, [LATER, moves])
        (moved,) = divided.moved_out
        assert (moved.period, moved.source, moved.line_count) == ("2026-10", "bill", 1)
        assert (moved.billed, moved.effective) == (Decimal(1), Decimal(1))
        assert [row[0] for row in rows_of(moved.path, "SELECT x_LineId FROM rows")] == ["0:2"]
        (part,) = divided.parts
        assert [row[0] for row in rows_of(part, "SELECT x_LineId FROM rows")] == ["0:1"]

    def test_keeps_a_bill_as_it_is_without_months(self, tmp_path):
        late = line(NOVEMBER, "2026-10-20T07")
        divided = apart(tmp_path, NOVEMBER, [late], months=())
        assert divided == SetApart(write_normalised(tmp_path / f"{NOVEMBER}", [late]).parts)

    def test_gives_lines_one_hash_wherever_they_stand(self, tmp_path):
        late = [line(NOVEMBER, "2026-10-20T07"), line(NOVEMBER, "2026-10-20T08", "-2")]
        other = line(NOVEMBER, "2026-10-20T07", "3")
        hashes = [
            apart(tmp_path / name, NOVEMBER, lines).moved_out[0].content_hash
            for name, lines in (
                ("a", [LATER, *late]),
                ("b", [*reversed(late), LATER]),
                ("c", [LATER, late[0], other]),
            )
        ]
        assert hashes[0] == hashes[1]
        assert hashes[0] != hashes[2]


days = st.integers(0, 92 * 24 - 1).map(lambda hours: OCTOBER.start + dt.timedelta(hours=hours))
drawn_lines = st.lists(
    st.tuples(
        st.sampled_from(MONTHS),
        days,
        st.sampled_from([1, 1, 30, 800, 1500]),
        st.decimals(-90, 90, places=10),
        st.sampled_from(["acme", "globex", "other", ""]),
        st.sampled_from(["Amazon EC2", "Support"]),
        st.sampled_from(["Usage", "Usage", "Credit", "Purchase"]),
        st.sampled_from(["Correction", ""]),
    ).filter(lambda drawn: f"{drawn[1]:%Y-%m}" <= str(drawn[0])),
    max_size=12,
)


def month_of(drawn) -> str:
    """Written once more, by calendar alone."""
    bill, start, hours, _, _, _, category, _ = drawn
    last = start + dt.timedelta(hours=hours) - dt.timedelta(seconds=1)
    is_of_one = (start.year, start.month) == (last.year, last.month)
    return f"{start:%Y-%m}" if is_of_one and category != "Purchase" else str(bill)


class TestAnySequenceOfBills:
    @examples(1 / 10)
    @given(drawn_lines)
    def test_gives_all_recipients_together_what_all_bills_are(self, drawn):
        bills = {month: [line(month, f"{month}-05T00", "5", **ACME)] for month in MONTHS}
        expected = defaultdict(Decimal, {str(month): Decimal(5) for month in MONTHS})
        for each in drawn:
            bill, start, hours, cost, customer, service, category, charge_class = each
            end = start + dt.timedelta(hours=hours)
            bills[bill].append(
                line(
                    bill,
                    f"{start:%Y-%m-%dT%H}",
                    f"{cost:f}",
                    end=f"{end:%Y-%m-%dT%H:%M:%SZ}",
                    tags={"customer": customer},
                    ServiceName=service,
                    ChargeCategory=category,
                    ChargeClass=charge_class,
                )
            )
            expected[month_of(each)] += cost
        with work_folder() as work:
            runs = attributed(work, bills, POOLED)
        given_out = {str(month): sum(amounts(run).values()) for month, run in runs.items()}
        assert given_out == dict(expected)
        assert sum(given_out.values()) == sum(run.proof.bill_total for run in runs.values())
        assert all(run.proof.holds and run.proof.difference == 0 for run in runs.values())
