"""The sample operator's anchor against its truth, which fractions found without the product."""

import json
from decimal import Decimal

from deploy.sample_company import SampleMonth, write_sample
from shared.configuration import load_configuration
from tests.bills import OCTOBER, amounts, run_of


class TestTheSampleMonth:
    def test_gives_every_tenant_what_it_truly_cost(self, tmp_path):
        sample = write_sample(
            root=tmp_path / "sample", month=SampleMonth(anchor=OCTOBER), seed=1, formats=["CUR 2.0"]
        )
        config = load_configuration(sample.configuration)
        found = amounts(
            run_of(sample.bill, tmp_path, config, [sample.signals], workloads=[sample.workloads])
        )
        truth = json.loads(sample.truth_file.read_text())
        for tenant, expected in truth["tenants"].items():
            off = abs(found.pop(tenant) - Decimal(expected["amount"]))
            assert off < Decimal("1e-10") * expected["cells"], tenant
        assert set(found) == set(truth["others"])
        for name, expected in truth["others"].items():
            off = abs(found[name] - Decimal(expected))
            assert off < Decimal("1e-10") * sample.truth.cells[name], name
