"""The sample operator's month against its truth, which fractions found without the product."""

import json
from decimal import Decimal

from deploy.sample import write_sample
from shared.configuration import load_configuration
from tests.bills import OCTOBER, amounts, run_of


class TestTheSampleMonth:
    def test_gives_every_tenant_what_it_truly_cost(self, tmp_path):
        sample = tmp_path / "sample"
        write_sample(root=sample, period=OCTOBER, seed=1)
        config = load_configuration(sample / "trueback.yaml")
        found = amounts(run_of(sample / "bill", tmp_path, config, [sample / "signals"]))
        truth = json.loads((sample / "truth.json").read_text())
        for tenant, expected in truth["tenants"].items():
            off = abs(found.pop(tenant) - Decimal(expected["amount"]))
            assert off < Decimal("1e-10") * expected["cells"], tenant
        assert found == {name: Decimal(amount) for name, amount in truth["others"].items()}
