"""An operator sees what the page of health says, whatever the figures in it."""

import pytest

from services.portal.domain.trouble_words import WORDS, trouble_words
from shared.vocabulary.troubles import TroubleCode, TroubleKind
from tests.system.faults import LASTING
from tests.system.watch import Row

S3_AWAY = Row(TroubleKind.S3, TroubleCode.AWAY)


def page(kind, code, service="invoicing"):
    figures = {"count": 7, "instance": "r-1", "milliseconds": 900}
    words = trouble_words(kind, code, service=service, subject=service, figures=figures)
    return f'<p class="font-medium">{words.what}</p>'


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)
def test_every_row_of_a_fault_can_be_on_the_page(fault):
    assert fault.shown_as
    for row in filter(None, fault.shown_as):
        assert row.is_on(page(row.kind, row.code, row.service or "portal"))


def test_another_trouble_is_another_row():
    others = [key for key in WORDS if key != (S3_AWAY.kind, S3_AWAY.code)]
    assert not any(S3_AWAY.is_on(page(kind, code)) for kind, code in others)


def test_a_row_of_another_service_is_another_row():
    row = Row(TroubleKind.SERVICE, TroubleCode.NO_ANSWER, "ingestion")
    assert row.is_on(page(row.kind, row.code, "ingestion"))
    assert not row.is_on(page(row.kind, row.code, "invoicing"))
