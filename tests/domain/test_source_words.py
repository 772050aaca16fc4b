"""How sources and deliveries are written for people."""

import pytest

from services.portal.domain.source_words import (
    DELIVERY_WORDS,
    is_upload,
    kind_label,
    months_words,
    place_words,
    size_words,
)
from shared.vocabulary.sources import DeliveryState


def test_every_state_of_a_delivery_has_words():
    assert set(DELIVERY_WORDS) == {*DeliveryState}


def test_a_kind_of_a_later_release_is_shown_as_it_is():
    assert (kind_label("bill"), kind_label("comets")) == ("Bill", "comets")


def test_a_source_of_files_by_hand_has_no_address():
    assert is_upload("upload:hand")
    assert place_words("upload:hand") == "Files given by hand"
    assert place_words("s3://bucket/") == "s3://bucket/"


def test_a_size_is_of_lines_or_of_rows():
    assert size_words(41_212, is_bill=True) == "41,212 lines"
    assert size_words(1, is_bill=True) == "1 line"
    assert size_words(1, is_bill=False) == "1 row"


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ([], ""),
        (["2026-10"], "2026-10"),
        (["2026-09", "2026-10"], "2026-09 to 2026-10"),
        (["2025-11", "2026-02"], "2025-11 to 2026-02, 2 missing between"),
        (["eons", "ever"], "eons to ever"),
    ],
)
def test_months_are_a_span_with_what_is_missing(months, words):
    assert months_words(months) == words
