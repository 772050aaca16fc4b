"""`trueback account`: what becomes of a month that nobody corrects until a person says so."""

from typing import Annotated

import typer

from deploy.commands.operate import calls
from shared.vocabulary.account_states import AccountChoice
from shared.vocabulary.roles import Role


def account(
    account_id: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="as `trueback corrections --json` has it")
    ],
    action: Annotated[
        str,
        typer.Argument(help="reissue what was voided, let-go what is not billed, or resume"),
    ],
    *,
    reason: Annotated[str, typer.Option(help="why; it is kept in the account's log")],
) -> None:
    """Decide what becomes of an account that is stopped."""
    choice = action.replace("-", "_")
    if choice not in frozenset(AccountChoice):
        known = ", ".join(each.replace("_", "-") for each in AccountChoice)
        raise typer.BadParameter(f"{action!r} is none of {known}.", param_hint="ACTION")
    path = f"/api/v1/accounts/{account_id}/actions/{choice}"
    with calls(Role.BILLING_APPROVER) as call:
        done = call("invoicing", "POST", path, {"reason": reason})
    draft = f", invoice {done['invoice_id']} is a draft" if done["invoice_id"] else ""
    print(f"{done['account']} is {done['state']}{draft}")
