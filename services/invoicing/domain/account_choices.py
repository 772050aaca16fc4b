"""What a person may decide of an account, by its state and what it was stopped for."""

from shared.vocabulary.account_states import AccountChoice, AccountState, StopCode


def choices_of(
    state: AccountState, stop_code: str, *, has_draft: bool = False
) -> frozenset[AccountChoice]:
    """Nothing unless it is stopped: whatever else happens to an account happens by itself.

    `has_draft`: its invoice is drafted anew already, and is issued or discarded as a draft.
    """
    if state != AccountState.STOPPED:
        return frozenset()
    if stop_code != StopCode.VOIDED_BY_HAND:
        return frozenset({AccountChoice.RESUME, AccountChoice.LET_GO})
    if has_draft:
        return frozenset({AccountChoice.LET_GO})
    return frozenset({AccountChoice.REISSUE, AccountChoice.LET_GO})
