import json
from pathlib import Path

import pytest

from shared.contracts.document import contracts_document
from shared.contracts.routes import CONTRACTS, SERVICES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=str)
class TestEveryContract:
    def test_its_example_survives_the_wire(self, contract):
        wire = json.loads(json.dumps(contract.dump(contract.example)))
        assert contract.load(wire) == contract.example

    def test_a_field_that_a_newer_producer_adds_is_ignored(self, contract):
        wire = {**contract.dump(contract.example), "added_later": 1}
        assert contract.load(wire) == contract.example

    def test_its_parties_exist_and_its_name_says_who_tells_it(self, contract):
        assert {contract.producer, *contract.consumers} <= set(SERVICES)
        assert contract.name.startswith(f"{contract.producer}.")

    def test_its_subject_is_a_field(self, contract):
        if contract.subject:
            assert contract.dump(contract.example)[contract.subject]


def test_the_page_about_contracts_is_up_to_date():
    assert (ROOT / "docs" / "contracts.md").read_text() == contracts_document()
