"""What workloads may look like, and what is refused by file, row and field."""

import gzip
from decimal import Decimal

import duckdb
import pytest

from services.attribution.engine.pods.workload_checks import OBJECTS
from shared.faults import BadInput
from shared.sql.expressions import literal
from tests.bills import RULESET, amounts, run_of, write_workloads
from tests.engine.test_workloads import NODE, PODS, host, node, pod, volume
from tests.normalised_bills import write_normalised

COUNTED = RULESET.replace('"tag:customer"', '"k8s.label:tenant"')


@pytest.fixture
def bill(tmp_path):
    return write_normalised(tmp_path / "bill", [node()])


def refused(bill, tmp_path, *rows, ruleset=PODS):
    path = write_workloads(tmp_path / "workloads.csv", rows)
    with pytest.raises(BadInput) as raised:
        run_of(bill, tmp_path, ruleset, workloads=[path])
    assert raised.value.exit_code == 4
    return raised.value


class TestWorkloads:
    def test_are_read_gzipped_and_from_a_folder(self, tmp_path, bill):
        folder = tmp_path / "workloads"
        folder.mkdir()
        first = write_workloads(tmp_path / "first.csv", [pod("a", "acme")])
        (folder / "a.csv.gz").write_bytes(gzip.compress(first.read_bytes()))
        write_workloads(folder / "b.csv", [pod("b", "globex")])
        found = run_of(bill, tmp_path, PODS, workloads=[folder])
        assert amounts(found) == {"acme": 13, "globex": 13, "idle:prod": 26}

    def test_are_read_from_parquet_with_numbers_times_and_maps(self, tmp_path, bill):
        path = tmp_path / "workloads.parquet"
        with duckdb.connect() as session:
            session.execute(
                "COPY (SELECT 'prod' AS cluster, 'aws:///z/i-0aa' AS provider_id, 'apps' AS"
                " namespace, 'a' AS pod, TIMESTAMP '2026-10-03 04:00:00' AS start,"
                " MAP {'tenant': 'acme'} AS labels, 1.0::DOUBLE AS cpu_request_core_hours,"
                " 0.1::DOUBLE AS cpu_used_core_hours, 4 AS memory_request_gib_hours,"
                " NULL::DOUBLE AS memory_used_gib_hours, 4::DOUBLE AS node_cpu_core_hours,"
                " 16::DOUBLE AS node_memory_gib_hours)"
                f" TO {literal(str(path))} (FORMAT parquet)"
            )
        found = run_of(bill, tmp_path, COUNTED, workloads=[path])
        assert amounts(found) == {"acme": 13, "idle:prod": 39}

    def test_with_names_in_other_case_or_signs_are_read(self, tmp_path, bill):
        row = {name.replace("_", " ").title(): value for name, value in pod("a", "acme").items()}
        path = write_workloads(tmp_path / "workloads.csv", [row])
        found = run_of(bill, tmp_path, PODS, workloads=[path])
        assert amounts(found) == {"acme": 13, "idle:prod": 39}

    def test_of_volumes_alone_need_no_columns_of_pods(self, tmp_path):
        bill = write_normalised(tmp_path / "bill", [node("6", resource="vol-1")])
        row = volume("vol-1", "data", labels={"tenant": "acme"})
        names = ("cluster", "namespace", "start", "labels", "volume_id", "claim")
        short = {name: row[name] for name in (*names, "storage_gib_hours")}
        path = write_workloads(tmp_path / "volumes.csv", [short])
        assert amounts(run_of(bill, tmp_path, COUNTED, workloads=[path])) == {"acme": 6}

    def test_keep_eighteen_decimals(self, tmp_path, bill):
        third = "1." + "3" * 18
        rows = [pod("a", "acme", cpu=third, memory="0"), pod("b", "globex", cpu=third, memory="0")]
        path = write_workloads(tmp_path / "workloads.csv", rows)
        found = amounts(run_of(bill, tmp_path, PODS, workloads=[path]))
        assert found["acme"] == found["globex"] == Decimal(12)

    @pytest.mark.parametrize(
        "provider_id",
        [" i-0aa", "i-0aa ", "I-0AA", "aws:///us-west-2a/I-0aa", "AWS:///us-west-2a/i-0aa\t"],
    )
    def test_name_an_instance_in_any_case_and_with_blanks(self, tmp_path, bill, provider_id):
        rows = [pod("a", "acme"), pod("b", "globex", provider_id=provider_id)]
        path = write_workloads(tmp_path / "workloads.csv", rows)
        found = run_of(bill, tmp_path, PODS, workloads=[path])
        assert amounts(found) == {"acme": 13, "globex": 13, "idle:prod": 26}

    @pytest.mark.parametrize("field", ["cluster", "namespace", "pod", "node"])
    def test_are_named_without_blanks(self, tmp_path, bill, field):
        rows = [pod("a", "acme"), pod("a", "acme")]
        rows[1] |= {field: f" {rows[1][field]} "}
        fault = refused(bill, tmp_path, *rows)
        assert "stands there twice for the same pod" in str(fault)


class TestARowOfWorkloads:
    @pytest.mark.parametrize(
        ("changes", "field", "message"),
        [
            ({"cpu_used_core_hours": "-1"}, "cpu_used_core_hours", "-1 is negative"),
            ({"memory_used_gib_hours": "nan"}, "memory_used_gib_hours", "nan is no number"),
            ({"cpu_request_core_hours": "1_0"}, "cpu_request_core_hours", "1_0 is no number"),
            ({"start": "yesterday"}, "start", "yesterday is no time"),
            ({"start": "2026-11-01T00:00:00Z"}, "start", "is outside 2026-10"),
            ({"start": ""}, "start", "is missing"),
            ({"cluster": ""}, "cluster", "is missing"),
            ({"namespace": ""}, "namespace", "is missing"),
            ({"pod": ""}, "pod", "is missing"),
            ({"pod": "", "namespace": ""}, "pod", "is missing"),
            ({"provider_id": ""}, "provider_id", "is missing"),
            ({"labels": "tenant=acme"}, "labels", "is no JSON object"),
            ({"annotations": '["acme"]'}, "annotations", "is no JSON object"),
            ({"namespace_labels": '"acme"'}, "namespace_labels", "is no JSON object"),
            ({"namespace_annotations": "null"}, "namespace_annotations", "is no JSON object"),
            ({"node_cpu_core_hours": ""}, "node_cpu_core_hours", "is missing"),
            ({"node_memory_gib_hours": "0"}, "node_memory_gib_hours", "is 0"),
            ({"gpu_hours": "1"}, "node_gpu_hours", "is missing"),
            ({"gpu_hours": "1", "node_gpu_hours": "0"}, "node_gpu_hours", "is 0"),
            ({"gpu_hours": "-1"}, "gpu_hours", "-1 is negative"),
            ({"node_gpu_hours": "nan"}, "node_gpu_hours", "nan is no number"),
            ({"claim": "data"}, "volume_id", "is missing"),
            (
                {"cpu_request_core_hours": "", "cpu_used_core_hours": ""},
                "cpu_request_core_hours",
                "is missing, and so is cpu_used_core_hours",
            ),
        ],
    )
    def test_that_is_wrong_is_refused_by_its_place(self, bill, tmp_path, changes, field, message):
        fault = refused(bill, tmp_path, pod("a", "acme"), pod("b", "acme") | changes)
        assert (fault.row, fault.field) == (2, field)
        assert message in str(fault)
        assert str(fault.file).endswith("workloads.csv")

    @pytest.mark.parametrize(
        ("written", "advice"),
        [
            ("{'tenant': 'acme'}", "what Python prints of a dictionary"),
            ("[{'key': 'tenant', 'value': 'acme'}]", "what Python prints of a dictionary"),
            ('[{"key": "tenant", "value": "acme"}]', "write an object of keys and values"),
            ("{tenant=acme}", "cast the map to JSON"),
        ],
    )
    def test_whose_labels_are_no_object_shows_them_and_what_they_look_like(
        self, bill, tmp_path, written, advice
    ):
        fault = refused(bill, tmp_path, pod("a", "acme"), pod("b", "acme") | {"labels": written})
        assert (fault.row, fault.field) == (2, "labels")
        assert f"{written} is no JSON object" in str(fault)
        assert advice in str(fault)

    @pytest.mark.parametrize(
        ("field", "again"),
        [
            *((field, '"tenant": "globex"') for field in OBJECTS),
            ("labels", '"\\u0074enant": "globex"'),
            ("labels", '"tenant": null'),
            ("labels", '"tenant": 1'),
        ],
    )
    def test_with_a_key_twice_is_refused(self, bill, tmp_path, field, again):
        written = '{"tenant": "acme", ' + again + "}"
        rows = [pod(name, "acme") | {field: written} for name in ("b", "c")]
        fault = refused(bill, tmp_path, {field: ""} | pod("a", "acme"), *rows)
        assert (fault.row, fault.field) == (2, field)
        assert f"{written} has a key twice" in str(fault)
        assert "'tenant' is there twice, as 'acme' and" in str(fault)
        assert "2 rows have that" in str(fault)

    def test_with_a_key_twice_alike_is_taken(self, bill, tmp_path):
        row = pod("a") | {"labels": '{"tenant": "acme", "tenant": "acme"}'}
        path = write_workloads(tmp_path / "workloads.csv", [row])
        found = run_of(bill, tmp_path, PODS, workloads=[path])
        assert amounts(found) == {"acme": 13, "idle:prod": 39}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"claim": ""}, "claim"),
            ({"claim": "", "namespace": ""}, "claim"),
            ({"namespace": ""}, "namespace"),
            ({"storage_gib_hours": ""}, "storage_gib_hours"),
            ({"storage_gib_hours": "0"}, "storage_gib_hours"),
        ],
    )
    def test_of_a_volume_that_is_wrong_is_refused(self, bill, tmp_path, changes, field):
        fault = refused(bill, tmp_path, volume("vol-1", "data") | changes)
        assert (fault.row, fault.field) == (1, field)

    def test_that_stands_there_twice_is_refused(self, bill, tmp_path):
        fault = refused(bill, tmp_path, pod("a"), pod("b"), pod("a", "acme"))
        assert (fault.row, fault.field) == (3, "start")

    def test_of_an_instance_in_two_clusters_is_refused(self, bill, tmp_path):
        fault = refused(bill, tmp_path, pod("a"), pod("b", cluster="dev"))
        assert fault.field == "provider_id"
        assert NODE in str(fault)

    def test_of_a_nodes_own_volume_on_two_nodes_is_refused(self, bill, tmp_path):
        bare = {"volume_id": "vol-1", "node_cpu_core_hours": "", "node_memory_gib_hours": ""}
        fault = refused(bill, tmp_path, pod("a"), host(**bare), host(on="i-0bb", **bare))
        assert (fault.row, fault.field) == (2, "volume_id")


class TestAFileOfWorkloads:
    @pytest.mark.parametrize("name", ["cluster", "provider_id", "pod", "cpu_used_core_hours"])
    def test_without_a_column_is_refused(self, bill, tmp_path, name):
        row = {key: value for key, value in pod("a").items() if key not in (name, "volume_id")}
        assert refused(bill, tmp_path, row, ruleset=COUNTED).field == name

    @pytest.mark.parametrize(
        ("labels", "field"),
        [("k8s.annotation:t", "annotations"), ("k8s.namespace-label:t", "namespace_labels")],
    )
    def test_without_a_column_the_ruleset_reads_is_refused(self, bill, tmp_path, labels, field):
        row = {key: value for key, value in pod("a").items() if key != field}
        ruleset = RULESET.replace("tag:customer", labels)
        fault = refused(bill, tmp_path, row, ruleset=ruleset)
        assert fault.field == field
        assert "labels.tenant" in str(fault.remedy)

    def test_of_another_bill_is_refused(self, bill, tmp_path):
        fault = refused(bill, tmp_path, pod("a", "acme", on="i-0bb"), host(on="i-0cc"))
        assert "no line of the bill names" in str(fault)
        assert fault.file.endswith("workloads.csv")

    def test_that_is_no_table_is_refused(self, bill, tmp_path):
        path = tmp_path / "workloads.csv"
        path.write_bytes(b"\x00\x01\x02\x03")
        with pytest.raises(BadInput):
            run_of(bill, tmp_path, PODS, workloads=[path])

    def test_in_an_empty_folder_is_missed(self, bill, tmp_path):
        (tmp_path / "none").mkdir()
        with pytest.raises(BadInput, match="no workload file is here"):
            run_of(bill, tmp_path, PODS, workloads=[tmp_path / "none"])
