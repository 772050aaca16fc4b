import json
import re

import pytest

from tests.bills import (
    RULESET,
    cur_line,
    focus_line,
    legacy_line,
    write_cur,
    write_delivery,
    write_focus,
    write_legacy_delivery,
    write_signals,
    write_workloads,
)
from tests.trueback_command import trueback, trueback_process

POOLED = RULESET + (
    "pools: [{name: nat, when: {usage_type: ['Nat*']}, drivers: [{signal: bytes}, {even: true}]}]\n"
)
POD = {
    "cluster": "prod",
    "node": "a.internal",
    "provider_id": "aws:///us-west-2a/i-0aa",
    "namespace": "apps",
    "pod": "web",
    "start": "2026-10-03T04:00:00Z",
    "namespace_labels": {"tenant": "acme"},
    "cpu_request_core_hours": "1",
    "cpu_used_core_hours": "0.5",
    "memory_request_gib_hours": "4",
    "memory_used_gib_hours": "2",
    "node_cpu_core_hours": "4",
    "node_memory_gib_hours": "16",
}


@pytest.fixture
def work(tmp_path):
    (tmp_path / "trueback.yaml").write_text(POOLED)
    write_focus(
        tmp_path / "bill.csv",
        [
            focus_line(cost="10.12345678905", tags={"customer": "acme"}),
            focus_line(cost="4", SkuMeter="NatGateway-Bytes"),
        ],
    )
    write_signals(tmp_path / "signals.csv", "bytes 2026-10-03T04:00:00Z globex 3")
    return tmp_path


def attribute(work, *more, run=trueback, config="trueback.yaml", bill="bill.csv", **options):
    options = {"period": "2026-10", "out": "out"} | options
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    return run(work, "attribute", "--bill", bill, "--config", config, *given, *more)


class TestAttribute:
    def test_keeps_lines_of_another_month_and_names_them(self, work):
        refund = focus_line(
            cost="-2",
            tags={"customer": "acme"},
            ChargePeriodStart="2026-09-20T07:00:00Z",
            ChargePeriodEnd="2026-09-20T08:00:00Z",
        )
        write_focus(work / "bill.csv", [focus_line(tags={"customer": "acme"}), refund])
        done = attribute(work)
        assert done.returncode == 0, done.stderr
        assert "-2.0000000000 USD of 2026-09 are cost of 2026-10" in done.stdout
        assert "difference 0" in done.stdout
        statements = (work / "out/statements.csv").read_text()
        assert "acme,Compute,late-correction,EffectiveCost,-2.0000000000,USD" in statements

    def test_writes_the_output_folder_and_says_what_it_did(self, work):
        done = attribute(work, signals="signals.csv")
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in (work / "out").iterdir()) == [
            "allocations.parquet",
            "proof.json",
            "statements.csv",
            "unallocated.csv",
            "usage.csv",
        ]
        assert "difference 0" in done.stdout
        assert "globex" in done.stdout
        proof = json.loads((work / "out/proof.json").read_text())
        assert proof["quantisation"] == "-0.00000000005"

    @pytest.mark.parametrize(
        ("labels", "note"),
        [
            (
                "[tag:custmer]",
                "Label tenant: no line has the tag `custmer`. Did you mean `customer`? MONEY",
            ),
            ("[tag:org]", "Label tenant: no line has the tag `org`. MONEY"),
            ("[tag:org, tag:customer]", ""),
            ("[tag:Customer, tag:customer]", ""),
        ],
    )
    def test_notes_a_label_that_no_line_has(self, work, labels, note):
        ruleset = POOLED.replace('["tag:customer"]', labels)
        assert ruleset != POOLED
        (work / "trueback.yaml").write_text(ruleset)
        done = attribute(work)
        assert done.returncode == 0, done.stderr
        notes = [line for line in done.stdout.splitlines() if "no line has the tag" in line]
        money = "10.1234567891 USD are unallocated without a label."
        assert notes == ([f"note {note.replace('MONEY', money)}"] if note else [])

    def test_takes_a_cur_2_folder(self, work):
        write_delivery(work / "bucket", [[cur_line(1)], [cur_line(2, tags={"customer": "acme"})]])
        assert attribute(work, bill="bucket").returncode == 0

    def test_says_where_what_is_attributed_has_more_lines_than_the_bill(self, work):
        fee = {
            "line_item_line_item_type": "SavingsPlanRecurringFee",
            "savings_plan_savings_plan_a_r_n": "arn:aws:savingsplans::123456789012:savingsplan/1",
            "savings_plan_total_commitment_to_date": "5",
            "savings_plan_used_commitment": "2",
        }
        types = dict.fromkeys(fee, "VARCHAR")
        write_cur(work / "bill.parquet", [cur_line(1), cur_line(5) | fee], types=types)
        done = attribute(work, bill="bill.parquet")
        assert done.returncode == 0, done.stderr
        assert "2 bill lines as 3 FOCUS lines" in done.stdout
        assert "2 bill lines, bill" in attribute(work).stdout

    def test_takes_a_legacy_cur_with_two_keys_that_differ_in_case(self, work):
        name = "Société Générale 東京"
        (work / "trueback.yaml").write_text(RULESET.replace("acme-corp", name))
        capital = legacy_line(cur_line(1, tags={"Customer": "globex"}))
        small = legacy_line(cur_line(2, tags={"customer": name}))
        both = legacy_line(cur_line(4, tags={"customer": name, "Customer": "globex"}))
        parts = [[capital, both], [small], [legacy_line(cur_line(8, tags={"customer": "acme"}))]]
        write_legacy_delivery(work / "bucket", parts, assembly="3695a728-d559-40bd")
        done = attribute(work, bill="bucket")
        assert done.returncode == 0, done.stderr
        assert "'Customer', 'customer'" in done.stdout
        statements = (work / "out/statements.csv").read_text().splitlines()[1:]
        amounts = {line.split(",")[0]: line.split(",")[4] for line in statements}
        assert amounts == {"acme": "14.0000000000", "unallocated": "1.0000000000"}

    def test_needs_no_server_part(self, work):
        absent = ("django", "celery", "redis", "psycopg", "pyarrow", "rest_framework", "stripe")
        arguments = "attribute --bill bill.csv --config trueback.yaml --period 2026-10 --out out"
        done = trueback_process(work, *arguments.split(), without=absent)
        assert done.returncode == 0, done.stderr

    @pytest.mark.usefixtures("instances_of_their_own")
    def test_gives_the_same_bytes_twice(self, work):
        """In two processes, as Python hashes texts otherwise in each."""
        attribute(work, signals="signals.csv", out="one")
        attribute(work, signals="signals.csv", out="two", run=trueback_process)
        for path in (work / "one").iterdir():
            assert path.read_bytes() == (work / "two" / path.name).read_bytes()

    def test_replaces_an_earlier_output_and_leaves_nothing_beside_it(self, work):
        attribute(work)
        before = sorted(path.name for path in work.iterdir())
        assert attribute(work, signals="signals.csv").returncode == 0
        assert sorted(path.name for path in work.iterdir()) == before

    def test_keeps_what_else_lies_in_the_output_folder(self, work):
        attribute(work)
        (work / "out/trueback.yaml").write_text(POOLED)
        (work / "out/notes.txt").write_text("mine")
        assert attribute(work, config="out/trueback.yaml").returncode == 0
        assert (work / "out/trueback.yaml").read_text() == POOLED
        assert (work / "out/notes.txt").read_text() == "mine"

    def test_does_not_replace_a_folder_of_other_things(self, work):
        (work / "out").mkdir()
        (work / "out/letter.txt").write_text("dear")
        assert attribute(work).returncode == 2
        assert (work / "out/letter.txt").read_text() == "dear"


class TestWithoutARuleset:
    BILL = (
        focus_line(cost="10", tags={"customer": "ACME, Inc.", "env": "prod"}),
        focus_line(cost="20", tags={"customer": "Ünïon 東京"}, ResourceId="i-2"),
        focus_line(cost="3", tags={"customer": "acme, inc.", "env": "dev"}, ResourceId="i-3"),
        focus_line(cost="4", SkuMeter="NatGateway-Bytes"),
        focus_line(cost="7", ServiceName="Amazon RDS"),
    )

    def guess(self, work, out="out"):
        write_focus(work / "bill.csv", self.BILL)
        options = ["--bill", "bill.csv", "--period", "2026-10", "--out", out]
        return trueback(work, "attribute", *options)

    def test_says_which_label_it_took_how_sure_it_is_and_what_is_left(self, work):
        done = self.guess(work)
        assert done.returncode == 0, done.stderr
        assert (
            "tenant = tag:customer (sure): named like a tenant, on 75 % of the cost" in done.stdout
        )
        assert "or tag:env" in done.stdout
        assert "shared services: nat" in done.stdout
        assert "unallocated" in done.stdout
        assert "Amazon RDS" in done.stdout.split("largest unallocated amounts")[1]

    def test_writes_a_ruleset_that_gives_the_same_again(self, work):
        self.guess(work)
        starter = (work / "out/trueback.yaml").read_text()
        assert attribute(work, config="out/trueback.yaml", out="again").returncode == 0
        for path in (work / "again").iterdir():
            assert path.read_bytes() == (work / "out" / path.name).read_bytes()
        assert (work / "out/trueback.yaml").read_text() == starter

    def test_gives_every_value_a_tenant_and_spellings_one(self, work):
        self.guess(work)
        statements = (work / "out/statements.csv").read_text()
        assert "acme-inc,Compute,label,EffectiveCost,13.0000000000,USD" in statements
        assert "union" in statements
        assert "unmapped" not in statements

    def test_never_overwrites_a_ruleset(self, work):
        self.guess(work)
        (work / "out/trueback.yaml").write_text("mine")
        again = self.guess(work)
        assert again.returncode == 3
        assert "never overwritten" in again.stderr
        assert (work / "out/trueback.yaml").read_text() == "mine"

    def test_of_a_bill_without_tags_says_so_and_gives_a_ruleset_that_runs(self, work):
        write_focus(work / "bill.csv", [focus_line(cost="7")])
        options = ["--bill", "bill.csv", "--period", "2026-10", "--out", "out"]
        done = trueback(work, "attribute", *options)
        assert done.returncode == 0, done.stderr
        assert "no line has a tag" in done.stdout
        assert attribute(work, config="out/trueback.yaml", out="again").returncode == 0

    @pytest.mark.parametrize(
        ("cells", "row", "fault"),
        [
            (("1", "n/a"), 2, "'n/a' can't be read, in 1 row"),
            (("1,234.50", "1"), 1, "'1,234.50' can't be read, in 1 row"),
            (("n/a", "n/a"), 1, "'n/a' can't be read, in 2 rows"),
            (("1", ""), 2, "the value is missing, in 1 row"),
            (("", "n/a"), 2, "'n/a' can't be read, in 1 row"),
        ],
    )
    def test_refuses_a_bill_with_an_effective_cost_that_can_not_be_read(
        self, work, cells, row, fault
    ):
        lines = [focus_line(BilledCost="5", EffectiveCost=cell) for cell in cells]
        write_focus(work / "bill.csv", lines)
        done = trueback(
            work, "attribute", "--bill", "bill.csv", "--period", "2026-10", "--out", "out"
        )
        assert done.returncode == 4
        assert f"bill.csv, row {row}, field EffectiveCost: {fault}" in done.stderr
        assert "a ruleset with `cost: BilledCost` as --config" in done.stderr
        assert not (work / "out").exists()

    @pytest.mark.parametrize("has_column", [True, False])
    def test_takes_the_billed_cost_where_there_is_no_other_and_says_so(self, work, has_column):
        line = focus_line(BilledCost="5", EffectiveCost="")
        if not has_column:
            del line["EffectiveCost"]
        write_focus(work / "bill.csv", [line, line])
        done = trueback(
            work, "attribute", "--bill", "bill.csv", "--period", "2026-10", "--out", "out"
        )
        assert done.returncode == 0, done.stderr
        [said] = [each for each in done.stdout.splitlines() if "BilledCost:" in each]
        assert said == "guess cost = BilledCost: no line has an EffectiveCost, which is amortised"
        assert "cost: BilledCost  # guess" in (work / "out/trueback.yaml").read_text()


class TestAFault:
    def test_keeps_the_earlier_output_and_leaves_nothing_half_written(self, work):
        attribute(work)
        before = (work / "out/proof.json").read_bytes()
        listed = sorted(path.name for path in work.iterdir())
        write_focus(work / "bill.csv", [focus_line(cost="abc")])
        done = attribute(work)
        assert done.returncode == 4
        assert "bill.csv, row 1, field BilledCost" in done.stderr
        assert (work / "out/proof.json").read_bytes() == before
        assert sorted(path.name for path in work.iterdir()) == listed

    def test_in_the_configuration_exits_3_with_its_line(self, work):
        (work / "trueback.yaml").write_text(POOLED.replace("aliases", "alias"))
        done = attribute(work, run=trueback_process)
        assert done.returncode == 3
        assert "trueback.yaml, line 4, field tenants[0].alias" in done.stderr
        assert "Did you mean `aliases`?" in done.stderr

    def test_that_shows_where_ruleset_and_bill_meet_names_the_ruleset_that_was_given(self, work):
        (work / "mine.yaml").write_text(POOLED.replace("USD", "EUR"))
        done = attribute(work, config="mine.yaml")
        assert done.returncode == 3
        assert "mine.yaml, field currency: the bill is in USD" in done.stderr

    def test_of_another_librarys_making_is_a_sentence_of_its_own(self, work):
        (work / "bill.parquet").write_bytes(b"PAR1 and no more")
        done = attribute(work, bill="bill.parquet")
        assert done.returncode == 4
        assert re.search(r"bill\.parquet: the Parquet file is cut .*'\. Fetch", done.stderr)

    def test_in_a_signal_exits_4_with_its_row(self, work):
        write_signals(work / "signals.csv", "bytes 2026-10-03T04:00:00Z initech 3")
        done = attribute(work, signals="signals.csv", run=trueback_process)
        assert done.returncode == 4
        assert "signals.csv, row 1, field consumer" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["attribute"], 2),
            (["attribute", "--nonsense"], 2),
            (["nonsense"], 2),
            (["attribute", "--bill", "b", "--out", "o", "--period", "October"], 2),
            (["attribute", "--bill", "nothing", "--out", "o", "--period", "2026-10"], 4),
        ],
    )
    def test_of_usage_exits_2_and_a_missing_bill_4(self, work, arguments, code):
        done = trueback(work, *arguments)
        assert done.returncode == code
        assert done.stderr

    def test_of_usage_is_told_without_a_traceback(self, work):
        done = trueback_process(work, "attribute", "--nonsense")
        assert done.returncode == 2
        assert "--nonsense" in done.stderr
        assert "Traceback" not in done.stderr

    def test_for_another_currency_exits_3(self, work):
        (work / "trueback.yaml").write_text(POOLED.replace("USD", "EUR"))
        assert attribute(work).returncode == 3

    def test_of_workloads_that_are_wrong_names_file_row_and_field(self, work):
        write_workloads(
            work / "pods.csv", [POD, POD | {"start": "2026-10-03T05:00:00Z", "pod": ""}]
        )
        done = attribute(work, workloads="pods.csv")
        assert done.returncode == 4
        assert "pods.csv" in done.stderr
        assert "pod" in done.stderr
        assert not (work / "out").exists()


class TestWorkloads:
    def test_split_a_node_over_its_pods(self, work):
        (work / "trueback.yaml").write_text(
            RULESET.replace('"tag:customer"', '"tag:customer", "k8s.namespace-label:tenant"')
        )
        write_focus(work / "bill.csv", [focus_line(cost="52", ResourceId="i-0aa")])
        write_workloads(work / "pods.csv", [POD])
        done = attribute(work, workloads="pods.csv")
        assert done.returncode == 0, done.stderr
        assert (work / "out/statements.csv").read_text().splitlines()[1:] == [
            "acme,Compute,pod,EffectiveCost,13.0000000000,USD",
            "idle:prod,Compute,none,EffectiveCost,39.0000000000,USD",
        ]
        assert "by pod" in done.stdout
        proof = json.loads((work / "out/proof.json").read_text())
        assert proof["unallocated_total"] == "39.0000000000"
        assert proof["difference"] == "0"
