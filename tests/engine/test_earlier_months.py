"""Lines of a later bill that belong to an earlier month: kept apart there, attributed here."""

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.engine import Exchange, SetApart, attribute, set_apart
from services.attribution.engine.attribute import open_attribution
from shared.configuration import parse_configuration
from shared.faults import BadInput, ProofFailed
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
    return replace(moved, period=str(bill))


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


def test_lines_whose_cost_is_not_known_where_they_belong_are_refused(tmp_path):
    """The bill's own ruleset may go by another cost."""
    (moved,) = apart(tmp_path, NOVEMBER, [line(NOVEMBER, "2026-10-20T07", **ACME)]).moved_out
    unknown = tmp_path / "unknown.parquet"
    with duckdb.connect() as session:
        lines = session.read_parquet(str(moved.path))
        without = "* REPLACE (CAST(NULL AS DECIMAL(18,10)) AS EffectiveCost)"
        lines.project(without).write_parquet(str(unknown))
    written = write_normalised(tmp_path / "own", OWN)
    with pytest.raises(BadInput, match=r"not known of 1 lines that .* the bill of 2026-11"):
        attribute(
            snapshot_parts=[*written.parts, unknown],
            raw_totals=written.raw_totals,
            config=parse_configuration(RULESET),
            signals=[],
            period=OCTOBER,
            out_dir=tmp_path / "out",
            scratch_dir=tmp_path / "scratch",
            memory_limit_mb=512,
            exchange=Exchange((replace(moved, period="2026-11", path=unknown),)),
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


LATE = line(NOVEMBER, "2026-10-20T07", "-50.25", ChargeClass="Correction", **ACME)
RULES = """
version: 1
currency: USD
tenants: [{key: acme}, {key: globex}]
labels: {tenant: ["tag:customer"]}
rules: [{name: own, when: {service: [AWS Support]}, assign: {overhead: own}}]
pools: [{name: shared, when: {service: [Amazon VPC]}, drivers: [even: true]}]
defaults: {accounts: {"000000000009": globex}}
"""


STAY_HERE = (
    "are cost of 2026-11, the month of their bill: theirs has no run that could take them, or ended"
    " too long before."
)


def by_method(run):
    return {(one.tenant, one.method): one.amount for one in run.statements}


def notes(run):
    return [each.message for each in run.findings if each.kind == "late-costs"]


class TestLinesThatStayInTheirBill:
    def run(self, work, *lines, ruleset=RULES, is_prepared=True, period=NOVEMBER):
        written = write_normalised(work / "bill", lines)
        config = parse_configuration(ruleset)
        given = {"config": config, "period": period, "scratch_dir": work / "scratch"}
        if is_prepared:
            return attribute(
                snapshot_parts=written.parts,
                raw_totals=written.raw_totals,
                signals=[],
                out_dir=work / "out",
                run_id="run-1",
                memory_limit_mb=512,
                **given,
            )
        with open_attribution(memory_limit_mb=512, **given) as attribution:
            findings = attribution.split(written.parts, [], ())
            return attribution.finish(work / "out", "run-1", written.raw_totals, findings)

    @pytest.mark.parametrize("is_prepared", [True, False])
    def test_are_whose_they_are_by_a_method_of_their_own(self, tmp_path, is_prepared):
        by_rule = {**LATE, "ServiceName": "AWS Support"}
        by_default = line(NOVEMBER, "2026-10-20T07", "3", SubAccountId="000000000009")
        lines = (LATER, LATE, by_rule, by_default)
        run = self.run(tmp_path, *lines, is_prepared=is_prepared)
        assert by_method(run) == {
            ("acme", "label"): Decimal(70),
            ("acme", "late-correction"): Decimal("-50.25"),
            ("globex", "late-correction"): Decimal(3),
            ("overhead:own", "late-correction"): Decimal("-50.25"),
        }
        query = "SELECT rule FROM rows WHERE method = 'late-correction' ORDER BY rule"
        rules = rows_of(tmp_path / "out/allocations.parquet", query)
        assert [rule for (rule,) in rules] == ["account:000000000009", "own", "tag:customer"]
        assert run.proof.difference == 0

    def test_are_noted_with_their_money_and_month(self, tmp_path):
        of_september = line(NOVEMBER, "2026-09-20T07", "2", **ACME)
        own = line(NOVEMBER, "2026-11-20T07", "-7", ChargeClass="Correction", **ACME)
        first, second, third = notes(self.run(tmp_path, LATER, LATE, of_september, own))
        assert first == f"2.0000000000 USD of 2026-09 {STAY_HERE}"
        assert second == f"-50.2500000000 USD of 2026-10 {STAY_HERE}"
        assert third.startswith("-7.0000000000 USD of corrections say no earlier month: they are")

    def test_are_split_by_a_pool_or_nobodys_as_ever(self, tmp_path):
        pooled = {**LATE, "ServiceName": "Amazon VPC", "Tags": ""}
        nobodys = {**LATE, "Tags": ""}
        run = self.run(tmp_path, pooled, nobodys)
        assert {method for _, method in by_method(run)} == {"pool-even", "none"}
        assert notes(run)[0].startswith("-100.5000000000 USD of 2026-10")

    def test_are_as_all_others_by_billing_period(self, tmp_path):
        run = self.run(tmp_path, LATER, LATE, ruleset=RULES + "corrections: billing_period\n")
        assert by_method(run) == {("acme", "label"): Decimal("19.75")}
        assert notes(run) == []

    @pytest.mark.parametrize(
        "own",
        [
            line(NOVEMBER, "2026-11-20T07", **ACME),
            line(NOVEMBER, "2026-10-20T07", ChargeCategory="Purchase", **ACME),
            line(NOVEMBER, "2026-09-01T00", end="2026-10-02T00:00:00Z", **ACME),
            line(NOVEMBER, "2026-10-31T23", end="2026-11-01T01:00:00Z", **ACME),
        ],
        ids=["of the month", "bought", "longer than a month", "into the month"],
    )
    def test_are_no_lines_of_the_bill_itself(self, tmp_path, own):
        run = self.run(tmp_path, own)
        assert by_method(run) == {("acme", "label"): Decimal(1)}
        assert notes(run) == []

    def test_over_two_months_are_named_by_the_first(self, tmp_path):
        over = line(NOVEMBER, "2026-09-30T23", end="2026-10-01T01:00:00Z", **ACME)
        run = self.run(tmp_path, over)
        assert by_method(run) == {("acme", "late-correction"): Decimal(1)}
        assert notes(run)[0].startswith("1.0000000000 USD of 2026-09 are cost of 2026-11")

    def test_are_none_where_they_came_in(self, tmp_path):
        run = attributed(tmp_path, {OCTOBER: OWN, NOVEMBER: [LATER, LATE]})[OCTOBER]
        assert {method for _, method in by_method(run)} == {"label"}
        assert notes(run) == []


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
