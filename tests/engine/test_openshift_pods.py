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

    def test_with_a_label_twice_is_refused_by_its_place(self, tmp_path):
        twice = "label_tenant:acme|label_tenant:globex"
        with pytest.raises(BadInput, match="'acme' and 'globex'") as raised:
            run(tmp_path, [usage("a"), usage("b", pod_labels=twice)])
        assert (raised.value.row, raised.value.field) == (2, "labels")
        assert '{"tenant":"acme","tenant":"globex"} has a key twice' in str(raised.value)


TIMES = {
    name: value
    for name, value in usage("").items()
    if name.startswith(("report_period", "interval"))
}


def volume(handle="vol-1", labels="", capacity=5.0, claim_of="a", **changes):
    return (
        TIMES
        | {
            "namespace": "apps",
            "pod": claim_of,
            "node": "ip-10-0-0-1.internal",
            "persistentvolumeclaim": "data",
            "persistentvolume": "pv-1",
            "csi_driver": "ebs.csi.aws.com",
            "csi_volume_handle": handle,
            "persistentvolumeclaim_capacity_byte_seconds": f"{capacity * GIB * HOUR:.15e}",
            "persistentvolumeclaim_labels": labels,
        }
        | changes
    )


def names(labels, namespace="apps", column="namespace_labels"):
    return TIMES | {"namespace": namespace, column: labels}


class TestTheOperatorsFolder:
    BY_NAMESPACE = LABELLED.replace('"k8s.label:tenant"', '"k8s.namespace-label:tenant"')

    def run(self, work, files, ruleset=LABELLED):
        folder = work / "ocp"
        folder.mkdir()
        for name, rows in files.items():
            write_workloads(folder / f"October-2026-prod-ocp_{name}.csv", rows)
        bill = write_normalised(work / "bill", [node(), node("8", resource="vol-1")])
        return run_of(bill, work, ruleset, workloads=[folder])

    @pytest.mark.parametrize(
        ("of_claim", "tenant"),
        [("", "acme"), ("label_app:db", "acme"), ("label_tenant:globex", "globex")],
    )
    def test_gives_a_volume_by_the_labels_of_claim_or_pod(self, tmp_path, of_claim, tenant):
        rows = [usage("a", "label_tenant:acme", cpu=4.0, memory=16.0)]
        found = self.run(tmp_path, {"pod_usage": rows, "storage_usage": [volume(labels=of_claim)]})
        expected = {"acme": 52}
        expected[tenant] = expected.get(tenant, 0) + 8
        assert amounts(found) == expected

    @pytest.mark.parametrize(
        "left_out", [volume(handle=""), volume(capacity=0.0), volume(handle="", capacity=0.0)]
    )
    def test_leaves_out_claims_that_no_bill_can_name(self, tmp_path, left_out):
        rows = [usage("a", "label_tenant:acme", cpu=4.0, memory=16.0)]
        found = self.run(tmp_path, {"pod_usage": rows, "storage_usage": [left_out, volume()]})
        assert amounts(found) == {"acme": 60}

    def test_reads_labels_of_namespaces_for_pods_and_volumes(self, tmp_path):
        files = {
            "pod_usage": [usage("a", cpu=4.0, memory=16.0)],
            "storage_usage": [volume()],
            "namespace_label": [names("label_tenant:acme"), names("label_tenant:globex", "other")],
        }
        found = self.run(tmp_path, files, ruleset=self.BY_NAMESPACE)
        assert amounts(found) == {"acme": 60}
        assert not [each for each in found.findings if each.kind == "unread-workloads"]

    def test_names_the_files_that_are_not_read(self, tmp_path):
        files = {
            "pod_usage": [usage("a", "label_tenant:acme", cpu=4.0, memory=16.0)],
            "namespace_label": [names("label_team:x")],
            "node_label": [TIMES | {"node": "n1", "node_labels": "label_role:worker"}],
            "vm_usage": [TIMES | {"vm_name": "v"}],
        }
        found = self.run(tmp_path, files)
        [note] = [each.message for each in found.findings if each.kind == "unread-workloads"]
        assert "ocp_namespace_label.csv (labels of namespaces)" in note
        assert "ocp_node_label.csv (labels of nodes)" in note
        assert "ocp_vm_usage.csv (something else)" in note
        assert amounts(found)["acme"] == 52

    def test_is_refused_where_nothing_of_it_is_read(self, tmp_path):
        rows = [TIMES | {"node": "n1", "node_labels": "label_role:worker"}]
        with pytest.raises(BadInput, match="has pods or volumes"):
            self.run(tmp_path, {"node_label": rows})

    def test_refuses_a_quantity_that_is_none_by_the_operator_s_name(self, tmp_path):
        wrong = volume(persistentvolumeclaim_capacity_byte_seconds="much")
        with pytest.raises(BadInput, match="much is no number"):
            self.run(tmp_path, {"pod_usage": [usage("a")], "storage_usage": [wrong]})
