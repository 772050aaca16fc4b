"""What a person may decide of an account."""

import pytest

from services.invoicing.domain.account_choices import choices_of
from shared.vocabulary.account_states import AccountState, StopCode


def names(*given, **how):
    return sorted(choices_of(*given, **how))


@pytest.mark.parametrize("state", set(AccountState) - {AccountState.STOPPED})
def test_nothing_unless_it_is_stopped(state):
    assert names(state, StopCode.VOIDED_BY_HAND) == []


def test_what_was_voided_is_billed_anew_or_let_go():
    assert names(AccountState.STOPPED, StopCode.VOIDED_BY_HAND) == ["let_go", "reissue"]


def test_what_is_drafted_anew_is_issued_or_let_go():
    given = AccountState.STOPPED, StopCode.VOIDED_BY_HAND
    assert names(*given, has_draft=True) == ["let_go"]


@pytest.mark.parametrize(
    "code", [StopCode.NOTE_VOIDED, StopCode.OTHER_TERMS, StopCode.NEGATIVE_LINE]
)
def test_what_stands_goes_on_or_is_let_go(code):
    assert names(AccountState.STOPPED, code) == ["let_go", "resume"]
