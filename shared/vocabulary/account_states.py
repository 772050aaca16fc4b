from enum import StrEnum


class AccountState(StrEnum):
    """Of a contract's month, as it is settled.

    `stopped`: a document of it was voided by hand, or it can't be told what it was priced by;
    nothing happens until a person says so. `let_go`: what is not billed never will be. `final`: the
    last day to credit has come.
    """

    OPEN = "open"
    STOPPED = "stopped"
    LET_GO = "let_go"
    FINAL = "final"


class AccountChoice(StrEnum):
    """What a person may decide of an account that is stopped.

    `reissue` bills anew what was voided by hand, `let_go` never bills what is not, `resume` goes on
    with the account as it stands.
    """

    REISSUE = "reissue"
    LET_GO = "let_go"
    RESUME = "resume"


class StopCode(StrEnum):
    """Why an account is stopped.

    `note_voided`: a credit note of it was voided by hand, and counts as never issued.
    `other_terms`: an earlier release kept no terms with the invoice, and those of today don't ask
    for its lines.
    """

    VOIDED_BY_HAND = "voided_by_hand"
    OTHER_TERMS = "other_terms"
    NEGATIVE_LINE = "negative_line"
    NOTE_VOIDED = "note_voided"
