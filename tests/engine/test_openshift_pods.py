"""The OpenShift cost operator's pod usage, as it writes it."""

import gzip
import json

import pytest

from shared.faults import BadInput
from tests.bills import RULESET, amounts, run_of, write_workloads
from tests.engine.test_workloads import PODS, node, pod
from tests.normalised_bills import write_normalised

HOUR = 3600
GIB = 2**30
LABELLED = RULESET.replace('"tag:customer"', '"tag:customer", "k8s.label:tenant"')


def usage(name, labels="", cpu=1.0, memory=4.0, used=0.0, **changes):
    return {
        "report_period_start": "2026-10-01 00:00:00 +0000 UTC",
        "report_period_end": "2026-11-01 00:00:00 +0000 UTC",
        "pod": name,
        "namespace": "apps",
        "node": "ip-10-0-0-1.internal",
        "resource_id": "i-0aa",
        "interval_start": "2026-10-03 04:00:00 +0000 UTC",
        "interval_end": "2026-10-03 04:59:59 +0000 UTC",
        "pod_usage_cpu_core_seconds": used * HOUR,
        "pod_request_cpu_core_seconds": cpu * HOUR,
        "pod_limit_cpu_core_seconds": 8 * HOUR,
        "pod_usage_memory_byte_seconds": 0,
        "pod_request_memory_byte_seconds": f"{memory * GIB * HOUR:.15e}",
        "pod_limit_memory_byte_seconds": 64 * GIB * HOUR,
        "node_capacity_cpu_cores": 4,
        "node_capacity_cpu_core_seconds": 4 * HOUR,
        "node_capacity_memory_bytes": 16 * GIB,
        "node_capacity_memory_byte_seconds": f"{16 * GIB * HOUR:.15e}",
        "pod_labels": labels,
    } | changes


def run(work, rows, name="pods.csv", ruleset=LABELLED):
    bill = write_normalised(work / "bill", [node()])
    return run_of(bill, work, ruleset, workloads=[write_workloads(work / name, rows)])


class TestTheOperatorsPodUsage:
    ROWS = (
        usage("a", "label_app:web|label_tenant:acme"),
        usage("b", "label_tenant:globex", used=2.0),
        usage("c", memory=0.0, cpu=0.0),
    )

    def test_splits_a_node(self, tmp_path):
        found = run(tmp_path, self.ROWS)
        assert amounts(found) == {"acme": 9 + 4, "globex": 18 + 4, "idle:openshift": 9 + 8}

    def test_needs_nothing_that_it_does_not_tell(self, tmp_path):
        """The ruleset reads annotations and namespaces too, which the file does not have."""
        assert amounts(run(tmp_path, self.ROWS, ruleset=PODS))["acme"] == 13

    def test_names_its_cluster_in_the_manifest_or_the_file_name(self, tmp_path):
        named = run(tmp_path, self.ROWS, name="October-2026-prod-west-ocp_pod_usage.csv")
        assert "idle:prod-west" in amounts(named)
        (tmp_path / "manifest.json").write_text(json.dumps({"cluster_id": "0f9e"}))
        assert "idle:0f9e" in amounts(run(tmp_path, self.ROWS))

    def test_stands_beside_other_workloads_and_may_be_gzipped(self, tmp_path):
        bill = write_normalised(tmp_path / "bill", [node(), node(resource="i-0bb")])
        plain = write_workloads(tmp_path / "pods.csv", self.ROWS)
        packed = tmp_path / "pods.csv.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        own = write_workloads(tmp_path / "own.csv", [pod("a", "acme", on="i-0bb")])
        found = run_of(bill, tmp_path, PODS, workloads=[packed, own])
        assert amounts(found)["acme"] == 13 + 13

    def test_with_labels_as_json_is_read_too(self, tmp_path):
        rows = [usage("a", json.dumps({"tenant": "acme"}))]
        assert amounts(run(tmp_path, rows))["acme"] == 13

    @pytest.mark.parametrize(
        ("changes", "field", "message"),
        [
            ({"pod_usage_cpu_core_seconds": "-1"}, "cpu_used_core_hours", "is negative"),
            ({"pod_usage_cpu_core_seconds": "nan"}, "cpu_used_core_hours", "nan is no number"),
            (
                {"pod_request_memory_byte_seconds": "x"},
                "memory_request_gib_hours",
                "x is no number",
            ),
            ({"interval_start": "2026-11-01 00:00:00 +0000 UTC"}, "start", "is outside 2026-10"),
            ({"resource_id": ""}, "provider_id", "is missing"),
            ({"node_capacity_cpu_core_seconds": "0"}, "node_cpu_core_hours", "is 0"),
        ],
    )
    def test_that_is_wrong_is_refused_by_its_place(self, tmp_path, changes, field, message):
        with pytest.raises(BadInput, match=message) as raised:
            run(tmp_path, [usage("a"), usage("b", **changes)])
        assert (raised.value.row, raised.value.field) == (2, field)
