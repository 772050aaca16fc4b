"""An amount from its evidence alone: computed again, written, read, and brought to bill lines."""

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.evidence import (
    BillLines,
    Explanation,
    Line,
    LineEvidence,
    Part,
    Provenance,
    Selection,
    Share,
    SignalRow,
    SignalRows,
    Total,
    bill_lines,
    recompute,
    total_of,
)
from services.attribution.domain.evidence_json import from_json, to_json
from services.attribution.domain.evidence_rows import HEADER, fraction, lines_of, rows, shares
from services.attribution.domain.line_amounts import amounts_by_line, spread
from shared.csv_files import read_rows, write_rows

DAY = dt.date(2026, 10, 3)
HOUR = dt.datetime(2026, 10, 3, 4, tzinfo=dt.UTC)
SIGNALS = SignalRows("nat_bytes", 2, Decimal("3.5"), "GB", (SignalRow(0, 7, HOUR, Decimal(3)),))
NODE = BillLines(1, 1_000, (Line("aws", "1:4", 1_000),))
NAT = BillLines(2, 300, (Line("aws", "1:2", 200), Line("aws", "1:3", 100)))


def part(evidence, **values):
    texts = dict.fromkeys(
        ("service", "account", "region", "charge_category", "rule", "driver", "place", "pods"), ""
    )
    reasons = {"reason": "", "tag_key": "", "tag_value": ""}
    return Part(**{**texts, **reasons, "day": None, "start": None, **values, "evidence": evidence})


def explained(*parts):
    quanta = sum(each.quanta for each in parts)
    return Explanation(
        selection=Selection("acme", day=DAY),
        period="2026-10",
        currency="USD",
        cost_measure="EffectiveCost",
        provenance=Provenance("run_1", "abc", snapshots=("s1",)),
        lines=(LineEvidence("pool:nat", "pool-signal", quanta, tuple(parts)),),
    )


OF_NAT = Share(NAT, "signal:nat_bytes", (1, 2), own=0, signals=(SIGNALS,))
OF_NODE = Total((Share(NODE, "cpu of i-1", (1, 3), own=1), Share(NODE, "memory", (1, 1), own=0)))


class TestAnAmount:
    def test_is_a_part_of_bill_lines_by_weights(self):
        assert (recompute(OF_NAT), OF_NAT.weight, OF_NAT.fraction) == (100, 1, Fraction(1, 3))

    def test_is_the_sum_of_its_parts(self):
        assert recompute(OF_NODE) == 750 + 500
        assert total_of([NAT]) is NAT
        assert recompute(total_of([NAT, NODE])) == 1_300

    def test_names_all_bill_lines_behind_it(self):
        assert list(bill_lines(Total((OF_NAT, NODE)))) == [NAT, NODE]

    def test_counts_lines_behind_several_parts_once(self):
        assert lines_of(OF_NODE, OF_NAT) == BillLines(3, 1_300, (*NODE.largest, *NAT.largest))

    def test_holds_where_the_parts_are_what_the_run_has(self):
        (line,) = explained(part(OF_NAT), part(OF_NODE)).lines
        assert line.holds
        assert not replace(line, quanta=1).holds

    def test_of_an_explanation_is_that_of_its_lines(self):
        explanation = explained(part(OF_NAT), part(OF_NODE))
        assert explanation.quanta == 1_350
        assert [each.quanta for each in explanation.parts] == [100, 1_250]


class TestItsForms:
    @pytest.mark.parametrize("evidence", [NAT, OF_NAT, OF_NODE, Share(OF_NODE, "even", (1,), 0)])
    def test_json_is_read_as_it_was_written(self, evidence):
        explanation = explained(part(evidence, day=DAY, start=HOUR, rule="nat"))
        assert from_json(to_json(explanation)) == explanation

    def test_rows_have_the_step_before_the_amount_and_the_share_of_all(self):
        twice = Share(OF_NAT, "even", (1, 1), own=0)
        explanation = explained(part(twice), part(OF_NAT, day=DAY, start=HOUR), part(OF_NODE))
        written = io.StringIO()
        write_rows(written, HEADER, rows(explanation))
        first, second, third = read_rows(written.getvalue())
        assert (first["share"], first["weight"], first["total_weight"]) == ("1/6", "1", "2")
        assert (second["quantity"], second["signals"], second["day"]) == ("3.5", "2", "2026-10-03")
        assert (third["weight"], third["share"], third["bill_lines"]) == ("", "1", "1")
        assert second["largest_lines"] == "aws/1:2 aws/1:3"

    def test_steps_lead_back_to_the_bill_lines(self):
        twice = Share(OF_NAT, "even", (1, 1), own=0)
        assert list(shares(twice)) == [twice, OF_NAT]
        assert fraction(twice) == Fraction(1, 6)


class TestItsBillLines:
    def test_get_the_amount_in_proportion(self):
        explanation = explained(part(OF_NAT), part(OF_NODE))
        by_line = {key[1]: quanta for key, quanta in amounts_by_line(explanation).items()}
        assert by_line == {"1:2": 67, "1:3": 33, "1:4": 1_250}

    @given(st.integers(-10_000, 10_000), st.lists(st.integers(-999, 999), min_size=1, max_size=9))
    def test_get_all_of_it(self, quanta, amounts):
        if sum(amounts):
            assert sum(spread(quanta, amounts)) == quanta

    def test_of_no_amount_get_nothing(self):
        assert spread(0, [5, -5]) == [0, 0]
        with pytest.raises(ValueError, match="no line to go to"):
            spread(1, [5, -5])
