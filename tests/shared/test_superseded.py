"""Older versions of messages: what they say comes over, what they can't have said does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.attribution import PERIOD_CLOSED, Override
from shared.contracts.contract import Contract
from shared.contracts.routes import CONTRACTS
from shared.contracts.superseded.period_closed import (
    PERIOD_CLOSED_V1,
    read_overrides,
    written_overrides,
)

OLDER = [contract for contract in CONTRACTS.values() if contract.successor is not None]


@pytest.mark.parametrize("contract", OLDER, ids=str)
class TestEveryOlderVersion:
    def test_comes_over_as_its_successors_example(self, contract):
        newest, payload = contract.newest(contract.dump(contract.example))
        assert newest is contract.successor
        assert payload == newest.example

    def test_is_refused_where_the_newest_is_expected(self, contract):
        with pytest.raises(ValueError, match="validation error"):
            contract.successor.load(contract.dump(contract.example))

    def test_refuses_what_is_of_the_newest(self, contract):
        newest = contract.successor
        with pytest.raises(ValueError, match="validation error"):
            contract.load(newest.dump(newest.example))


def test_a_successor_without_a_way_to_it_is_no_contract():
    with pytest.raises(ValueError, match="without a way to it"):
        Contract(
            name="attribution.period_closed.v0",
            payload=PERIOD_CLOSED_V1.payload,
            producer="attribution",
            consumers=("portal",),
            example=PERIOD_CLOSED_V1.example,
            successor=PERIOD_CLOSED,
        )


class TestOverrides:
    @settings(deadline=None)
    @given(
        st.lists(
            st.builds(
                Override,
                check=st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
                reason=st.text(min_size=1, max_size=60),
                by=st.just("olivia (on call)"),
            )
        )
    )
    def test_are_the_same_after_they_were_text(self, overrides):
        written = written_overrides(overrides)
        assert read_overrides(written, closed_by="olivia (on call)") == overrides

    @pytest.mark.parametrize("text", ["", "because", "proof_holds: why", "proof_holds: why (carl)"])
    def test_that_were_not_written_so_are_refused(self, text):
        with pytest.raises(ValueError, match="is not 'check: reason"):
            read_overrides([text], closed_by="olivia")
