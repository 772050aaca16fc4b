"""What is stuck has words for people, the worst first."""

import pytest

from services.portal.domain.trouble_words import WORDS, severity, trouble_words
from shared.vocabulary.troubles import TroubleCode, TroubleKind


def words(kind, code, **figures):
    return trouble_words(kind, code, service="invoicing", subject="portal", figures=figures)


def test_every_kind_and_code_has_words():
    assert {kind for kind, _ in WORDS} == {*TroubleKind}
    assert {code for _, code in WORDS} == {*TroubleCode}


@pytest.mark.parametrize("known", WORDS)
def test_words_name_what_is_stuck_and_leave_no_gap_open(known):
    said = words(*known)
    assert not any("{" in text for text in (said.what, said.to_do, said.command))


def test_a_figure_that_is_left_out_is_a_gap():
    assert words(TroubleKind.WAITING_JOBS, TroubleCode.NO_RUNNER).what.endswith("Due: ?.")


def test_a_code_of_a_later_release_is_shown_as_it_is_and_last():
    assert words("comet", "fell").what == "comet: fell, portal."
    known = severity(TroubleKind.SERVICE, TroubleCode.NO_ANSWER)
    assert known < severity("comet", "fell") == len(WORDS)


def test_codes_among_the_figures_are_in_words():
    proposal = (TroubleKind.PROPOSAL, TroubleCode.SECOND_PERSON_NEEDED)
    for what, shown in (
        ("period_ruleset", "a closed month's rules"),
        ("plans", "the plans"),
        ("moons", "moons"),
    ):
        assert words(*proposal, what=what, by="ada").what.startswith(f"A change of {shown} by ada")
    checks = words(TroubleKind.PERIOD, TroubleCode.CHECKS_FAIL, checks="signals_complete moon")
    assert checks.what.endswith("is not closed again: Signals, Moon.")
