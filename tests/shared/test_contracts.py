import json
from pathlib import Path

import pytest

from shared.contracts.document import contracts_document
from shared.contracts.fields import Kind, kinds_of
from shared.contracts.ingestion import SNAPSHOT_PUBLISHED
from shared.contracts.invoicing import CAUSE, Cause
from shared.contracts.routes import CONTRACTS, SERVICES
from shared.contracts.versions import ImplausibleValue
from tests.absurd_facts import absurd_facts, largest_facts

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

    def test_each_field_has_a_kind(self, contract):
        bare = {path: kind for path, kind in kinds_of(contract.payload) if kind is not bool}
        assert [path for path, kind in bare.items() if not isinstance(kind, Kind)] == []

    def test_an_absurd_value_of_any_field_is_refused_by_its_name(self, contract):
        for path, payload in absurd_facts(contract):
            with pytest.raises(ImplausibleValue) as refused:
                contract.newest(payload)
            sentence = str(refused.value)
            names = path.split(".")
            assert sentence.startswith(f"{contract.name} has a wrong {names[0]}"), sentence
            assert names[-1] in sentence, path
            assert sentence.isprintable(), path

    def test_the_largest_value_of_any_field_is_taken(self, contract):
        for path, payload in largest_facts(contract):
            assert contract.judged(payload), path

    def test_its_subject_is_a_field(self, contract):
        if contract.subject:
            assert contract.dump(contract.example)[contract.subject]


class TestWhatIsJudged:
    def test_is_named_with_what_is_taken_and_what_to_do(self):
        wire = {**SNAPSHOT_PUBLISHED.dump(SNAPSHOT_PUBLISHED.example), "row_count": -1}
        with pytest.raises(ImplausibleValue) as refused:
            SNAPSHOT_PUBLISHED.newest(wire)
        assert str(refused.value) == (
            "ingestion.snapshot_published.v1 has a wrong row_count: a count is 0 to"
            " 9,223,372,036,854,775,807. Look at what its producer has sent; nothing of it was"
            " taken."
        )

    def test_is_what_comes_of_another_and_not_what_a_service_keeps(self):
        """A row that is odd is shown; it would be out of reach otherwise."""
        kept = CAUSE.validate_python({"code": "person", "text": "\x07"})
        assert kept == Cause("person", text="\x07")


def test_the_page_about_contracts_is_up_to_date():
    assert (ROOT / "docs" / "contracts.md").read_text() == contracts_document()
