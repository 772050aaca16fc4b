"""What a delivery lacks that an earlier one of its period had."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingestion.domain.losses import (
    RESOURCES_SAMPLED,
    Contents,
    loss_in_words,
    losses,
)
from shared.contracts.ingestion import Loss

names = st.dictionaries(
    st.sampled_from(["tag_key", "account", "column"]), st.frozensets(st.text(max_size=3))
)
contents = st.builds(Contents, names, st.lists(st.integers(0, 999)).map(tuple))


class TestLosses:
    def test_are_what_is_gone_by_kind(self):
        earlier = Contents({"tag_key": frozenset("ab"), "account": frozenset("1")})
        now = Contents({"tag_key": frozenset("bc"), "account": frozenset("1")})
        assert list(losses(earlier, now)) == [Loss("tag_key", count=1, of=2, names=["a"])]

    def test_of_resources_are_told_where_most_are_gone(self):
        earlier = Contents(resources=(1, 2, 3, 4))
        assert list(losses(earlier, earlier, resources_kept=2)) == []
        [loss] = losses(earlier, earlier, resources_kept=1)
        assert loss == Loss("resource_id", count=3, of=4)

    def test_are_none_beside_a_set_of_an_earlier_release(self):
        assert list(losses(Contents.from_json({}), Contents())) == []

    @given(contents, contents)
    def test_stay_however_often_the_same_is_delivered_again(self, earlier, now):
        """Else the second delivery without tags would make the first one good."""
        first = list(losses(earlier, now))
        again = list(losses(now.with_earlier(earlier), now, resources_kept=len(now.resources)))
        by_name = [loss.names for loss in first if loss.names]
        assert [loss.names for loss in again if loss.names] == by_name

    @given(contents)
    def test_are_the_same_after_json(self, kept):
        assert Contents.from_json(kept.to_json()).with_earlier(Contents()) == kept.with_earlier(
            Contents()
        )

    @given(contents, contents)
    def test_are_looked_for_in_a_sample(self, earlier, now):
        assert len(now.with_earlier(earlier).resources) <= RESOURCES_SAMPLED

    def test_are_said_in_words(self):
        assert loss_in_words(Loss("tag_key", 1, 2, ["a"])) == "the tag key a is gone"
        assert loss_in_words(Loss("account", 3, 4, ["1"])) == "the accounts 1 and 2 more are gone"
        assert loss_in_words(Loss("resource_id", 3, 4)).startswith("3 of 4 resource ids")
