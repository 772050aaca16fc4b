import json
from decimal import Decimal

import pytest

from shared.csv_files import read_rows
from tests.bills import focus_line, write_focus, write_signals
from tests.command.test_attribute_command import POOLED, attribute
from tests.trueback_command import trueback, trueback_process

FILES = ("--bill", "bill.csv", "--config", "trueback.yaml", "--signals", "signals.csv")


@pytest.fixture
def work(tmp_path):
    (tmp_path / "trueback.yaml").write_text(POOLED)
    lines = [
        focus_line(cost="3", tags={"customer": "acme"}),
        focus_line(cost="4", SkuMeter="NatGateway-Bytes"),
    ]
    write_focus(tmp_path / "bill.csv", lines)
    signals = ("bytes 2026-10-03T04:00:00Z acme 3", "bytes 2026-10-03T04:00:00Z globex 1")
    write_signals(tmp_path / "signals.csv", *signals)
    return tmp_path


def explain(work, tenant, *more, run=trueback):
    return run(work, "explain", "2026-10", tenant, *FILES, *more)


def without_django(work, *arguments):
    return trueback_process(work, *arguments, without=("django",))


class TestExplain:
    def test_says_in_a_few_lines_why_an_amount_is_what_it_is(self, work):
        done = explain(work, "acme", run=without_django)
        assert done.returncode == 0, done.stderr
        assert "acme in 2026-10: 6.00 USD of EffectiveCost" in done.stdout
        assert "rule tag:customer: 3.00 on 1 bill line" in done.stdout
        assert "driver signal:bytes: 75.0 % of 4.00 on 1 bill line" in done.stdout
        assert "its use: 3 bytes in 1 signal" in done.stdout
        assert "4.0000 x 3/4 = 3.0000 (lines 0:2)" in done.stdout
        assert "globex" not in done.stdout

    def test_names_the_run_as_attribute_does(self, work):
        attribute(work, signals="signals.csv")
        explained = json.loads(explain(work, "acme", "--format", "json").stdout)
        statements = (work / "out/allocations.parquet").read_bytes()
        assert explained["run"]["run_id"].encode() in statements

    def test_gives_a_table_of_what_was_asked_for(self, work):
        done = explain(work, "acme", "--charge-group", "pool:nat", "--format", "csv")
        [row] = read_rows(done.stdout)
        assert (row["share"], row["amount"], row["largest_lines"]) == (
            "3/4",
            "3.0000000000",
            "bill/0:2",
        )

    @pytest.mark.parametrize(
        ("tenant", "more", "code", "said"),
        [
            ("acmee", (), 1, "Try acme"),
            ("acme", ("--day", "today"), 2, "is no day"),
            ("acme", ("--charge-group", "pool:nat", "--rule", "other"), 1, "no such amount"),
        ],
    )
    def test_says_what_is_wrong_with_a_question(self, work, tenant, more, code, said):
        done = explain(work, tenant, *more)
        assert done.returncode == code
        assert said in " ".join(done.stderr.split())

    def test_needs_the_ruleset_with_the_bill(self, work):
        done = trueback(work, "explain", "2026-10", "acme", "--bill", "bill.csv")
        assert done.returncode == 2


class TestExportFocus:
    def test_writes_charges_that_sum_to_the_bill(self, work):
        out = "--out", "focus"
        done = without_django(work, "export", "focus", "2026-10", *out, *FILES)
        assert done.returncode == 0, done.stderr
        assert "3 charges of 2026-10 written to focus" in done.stdout
        rows = list(read_rows((work / "focus/focus.csv").read_text()))
        assert sum(Decimal(row["EffectiveCost"]) for row in rows) == 7
        assert {row["ChargePeriodStart"] for row in rows} == {"2026-10-03T00:00:00Z"}

    def test_writes_one_tenants_part_of_each_line(self, work):
        asked = "--out", "focus", "--tenant", "acme", "--day", "2026-10-03"
        done = trueback(work, "export", "focus", "2026-10", *asked, *FILES)
        assert done.returncode == 0, done.stderr
        assert "2 lines of 2026-10 written to focus" in done.stdout


class TestWhatIf:
    def try_(self, work, *more, run=trueback):
        changed = POOLED.replace("{signal: bytes}, ", "")
        (work / "changed.yaml").write_text(changed)
        files = "--bill", "bill.csv", "--before", "trueback.yaml", "--signals", "signals.csv"
        given = "what-if", "2026-10", "--config", "changed.yaml", *files, *more
        return run(work, *given)

    def test_shows_each_tenants_difference(self, work):
        done = self.try_(work, run=without_django)
        assert done.returncode == 0, done.stderr
        row = next(line for line in done.stdout.splitlines() if "globex" in line)
        assert row.replace("│", " ").split() == ["globex", "1.00", "2.00", "1.00", "100.0", "%"]
        assert "0 tenants stay as they are" in done.stdout

    def test_counts_tenants_that_stay_and_no_other_cost(self, work):
        lines = [
            focus_line(cost="3", tags={"customer": "acme"}),
            focus_line(cost="5", ServiceName="Amazon RDS"),
            focus_line(cost="2", ServiceName="Other"),
        ]
        write_focus(work / "bill.csv", lines)
        rule = "rules: [{name: r, when: {service: [Amazon RDS]}, assign: {tenant: globex}}]\n"
        (work / "changed.yaml").write_text(POOLED + rule)
        files = "--bill", "bill.csv", "--before", "trueback.yaml"
        done = trueback(work, "what-if", "2026-10", "--config", "changed.yaml", *files)
        assert done.returncode == 0, done.stderr
        assert "1 tenant stays as it is; the margin of 0 changes" in done.stdout

    def test_says_that_nothing_changes(self, work):
        files = "--bill", "bill.csv", "--before", "trueback.yaml"
        done = trueback(work, "what-if", "2026-10", "--config", "trueback.yaml", *files)
        assert done.returncode == 0, done.stderr
        [line] = done.stdout.splitlines()
        assert line.startswith("2026-10 in USD, beside ")
        assert line.endswith(": nothing changes.")

    def test_gives_a_table(self, work):
        found = list(read_rows(self.try_(work, "--format", "csv").stdout))
        differences = {row["tenant"]: row["difference"] for row in found}
        assert differences == {"acme": "-1.0000000000", "globex": "1.0000000000"}
