"""GPUs, golden cases: 4 vCPU, 18 GiB and 2 GPUs of a node cost 36 : 18 : 180, as AWS weighs."""

from decimal import Decimal

import pytest

from shared.faults import BadConfiguration
from tests.bills import amounts
from tests.engine.test_workloads import PODS, host, node, pod, run

NODE = {"cpu": "4", "memory": "18"}


def gpu_pod(name, tenant, gpus, **changes):
    on_node = {"node_cpu_core_hours": "4", "node_memory_gib_hours": "18", "node_gpu_hours": "2"}
    return pod(name, tenant, **({"cpu": "1", "memory": "9", "gpu_hours": gpus} | on_node | changes))


class TestANodeWithGpus:
    def test_is_split_between_its_cpus_memory_and_gpus(self, tmp_path):
        # acme has a GPU of two, 1/4 of the 36 and 1/2 of the 18; globex the same without a GPU.
        rows = [gpu_pod("a", "acme", "1"), gpu_pod("b", "globex", "")]
        found = run(tmp_path, [node("234")], rows)
        assert amounts(found) == {"acme": 90 + 9 + 9, "globex": 9 + 9, "idle:prod": 90 + 18}

    def test_whose_gpus_nobody_took_has_them_idle(self, tmp_path):
        rows = [gpu_pod("a", "acme", "0", cpu="4", memory="18")]
        assert amounts(run(tmp_path, [node("234")], rows)) == {"acme": 54, "idle:prod": 180}

    def test_that_is_overcommitted_is_shared_out_whole(self, tmp_path):
        rows = [gpu_pod("a", "acme", "3", cpu="0"), gpu_pod("b", "globex", "1", cpu="0")]
        found = run(tmp_path, [node("234")], rows)
        assert amounts(found) == {"acme": 135 + 9, "globex": 45 + 9, "idle:prod": 36}

    def test_gives_its_idle_gpus_to_who_took_gpus_in_the_cluster(self, tmp_path):
        rows = [
            gpu_pod("a", "acme", "1", cpu="2"),
            gpu_pod("b", "globex", "", cpu="2"),
            host(on="i-0bb", **NODE),
        ]
        lines = [node("234"), node("54", resource="i-0bb")]
        found = run(tmp_path, lines, rows, PODS + "idle: proportional\n")
        assert amounts(found) == {"acme": 180 + 18 + 9 + 18 + 9, "globex": 18 + 9 + 18 + 9}

    def test_may_say_what_it_had_in_a_row_of_its_own(self, tmp_path):
        rows = [host(node_gpu_hours="2", **NODE), gpu_pod("b", "globex", "", node_gpu_hours="")]
        assert amounts(run(tmp_path, [node("234")], rows)) == {"globex": 18, "idle:prod": 216}


class TestNodePrices:
    def test_are_those_of_the_ruleset(self, tmp_path):
        # 4 vCPU at 1.5 and 18 GiB at 0.5 and 2 GPUs at 30: 6 : 9 : 60.
        ruleset = PODS + "node_prices: {cpu: 1.5, memory: 0.5, gpu: 30}\n"
        found = run(tmp_path, [node("75")], [gpu_pod("a", "acme", "1")], ruleset)
        assert amounts(found) == {"acme": Decimal("1.5") + Decimal("4.5") + 30, "idle:prod": 39}

    def test_count_by_their_proportion_alone(self, tmp_path):
        rows = [gpu_pod("a", "acme", "1")]
        found = [
            amounts(run(tmp_path, [node("1")], rows, PODS + f"node_prices: {prices}\n"))
            for prices in ("{cpu: 9, memory: 1, gpu: 90}", "{cpu: 0.9, memory: 0.1, gpu: 9}")
        ]
        assert found[0] == found[1]
        assert found[0] == amounts(run(tmp_path, [node("1")], rows))

    @pytest.mark.parametrize("price", ["0", "-1", ".nan", "x", "true"])
    def test_are_numbers_above_0(self, tmp_path, price):
        with pytest.raises(BadConfiguration) as raised:
            run(tmp_path, [node()], [host()], PODS + f"node_prices: {{gpu: {price}}}\n")
        assert raised.value.field == "node_prices.gpu"
