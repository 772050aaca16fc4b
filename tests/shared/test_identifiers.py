import time
import uuid

from shared.identifiers import new_id, uuid7


class TestUuid7:
    def test_is_of_version_7_and_the_rfcs_variant(self):
        made = uuid7()
        assert (made.version, made.variant) == (7, uuid.RFC_4122)

    def test_sorts_by_when_it_was_made(self):
        earlier = uuid7()
        time.sleep(0.00001)
        assert earlier < uuid7()

    def test_is_not_made_twice(self):
        assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_a_public_identifier_says_what_it_is_of():
    kind, _, rest = new_id("inv").partition("_")
    assert kind == "inv"
    assert uuid.UUID(hex=rest).version == 7
