"""The chain of seals as arithmetic: each thing that somebody without the key may try."""

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.document_chain import (
    Link,
    anchor_fault,
    digest_of,
    first_break,
    make_anchor,
    read_anchor,
    seal_of,
    write_anchor,
)

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = {"2026a": OLD, "2026b": NEW}
DAY = date(2026, 11, 29)


def chain(length=6, *, changed_at=3):
    """The first links by one key, the others by the next."""
    links, previous = [], ""
    for position in range(1, length + 1):
        key_id = "2026a" if position < changed_at else "2026b"
        content = {"actor": f"clara {position}"}
        seal = seal_of(KEYS[key_id], previous=previous, position=position, content=content)
        links.append(Link(position, content, key_id, seal))
        previous = seal
    return links


def broken(links, length=None, keys=KEYS):
    first = first_break(links, keys, length=len(links) if length is None else length)
    return None if first is None else first.position


def anchor_at(count, links, day=DAY):
    return make_anchor(day, count=count, seal=links[count - 1].seal, key_id="2026b", key=NEW)


def seals(links):
    return {link.position: link.seal for link in links}


class TestAChain:
    def test_holds_as_it_was_made_also_over_a_change_of_the_key(self):
        assert broken(chain()) is None
        assert broken([]) is None

    def test_without_a_key_that_it_was_sealed_with_is_broken_there(self):
        assert broken(chain(), keys={"2026b": NEW}) == 1
        assert broken(chain(), keys={"2026a": OLD}) == 3

    @given(st.integers(1, 6))
    def test_shows_a_changed_link_though_its_seal_was_made_anew_without_the_key(self, position):
        links = chain()
        content = {"actor": "mallory"}
        for seal in (
            sha256(b"anything").hexdigest(),
            seal_of(b"g" * 32, previous="", position=position, content=content),
            links[position - 1].seal,
        ):
            forged = replace(links[position - 1], content=content, seal=seal)
            assert broken([*links[: position - 1], forged, *links[position:]]) == position

    @given(st.integers(1, 5))
    def test_shows_two_that_changed_places(self, position):
        links = chain()
        first, second = links[position - 1], links[position]
        swapped = [
            *links[: position - 1],
            replace(second, position=position),
            replace(first, position=position + 1),
            *links[position + 1 :],
        ]
        assert broken(swapped) == position

    @given(st.integers(1, 5))
    def test_shows_one_that_was_taken_out(self, position):
        links = chain()
        assert broken([*links[: position - 1], *links[position:]]) == position
        closed_up = [replace(link, position=link.position - 1) for link in links[position:]]
        assert broken([*links[: position - 1], *closed_up]) == position

    def test_shows_that_what_its_last_links_sealed_is_gone(self):
        assert broken(chain()[:-2], length=6) == 5


class TestAnAnchor:
    def test_agrees_with_the_chain_that_went_on(self):
        links = chain()
        assert anchor_fault(anchor_at(4, links), seals(links), 6, KEYS) == ""

    def test_is_read_as_it_was_written(self):
        anchor = anchor_at(4, chain())
        assert read_anchor(write_anchor(anchor)) == anchor

    def test_shows_a_tail_that_was_cut(self):
        links = chain()
        fault = anchor_fault(anchor_at(6, links), seals(links[:4]), 4, KEYS)
        assert fault == (
            "the chain has 4 links and is shorter than the anchor of 2026-11-29, which saw 6."
        )

    def test_shows_a_tail_that_was_made_anew(self):
        other = {**seals(chain()), 6: "0" * 64}
        assert "saw another link 6" in anchor_fault(anchor_at(6, chain()), other, 6, KEYS)

    @pytest.mark.parametrize(
        "altered", [{"count": 4}, {"seal": "0" * 64}, {"day": date(2026, 11, 30)}, {"mac": ""}]
    )
    def test_that_was_altered_is_none(self, altered):
        links = chain()
        anchor = replace(anchor_at(6, links), **altered)
        assert anchor_fault(anchor, seals(links[:4]), 4, KEYS).endswith("was altered.")

    def test_of_an_earlier_day_does_not_stand_for_a_later_one(self):
        links = chain()
        replayed = replace(anchor_at(4, links), day=date(2026, 11, 30))
        assert anchor_fault(replayed, seals(links[:4]), 4, KEYS).endswith("was altered.")

    def test_by_a_key_that_is_not_there_is_not_believed(self):
        fault = anchor_fault(anchor_at(4, chain()), seals(chain()), 6, {"2026a": OLD})
        assert "no key '2026b'" in fault

    @pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b'{"day": "x"}', b'{"day": 1}'])
    def test_that_is_no_anchor_is_refused(self, text):
        with pytest.raises(ValueError, match=r"."):
            read_anchor(text)


def test_a_digest_tells_contents_apart():
    assert digest_of({"a": 1, "b": DAY}) == digest_of({"b": DAY, "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": "1"})
