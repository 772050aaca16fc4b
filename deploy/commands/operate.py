"""`trueback sign-in`, `apply`, `close`, `token`: an operator on a running stack.

They call the services' APIs in the operator's name, as any other program may.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from deploy.commands.close_remedies import not_closed
from deploy.commands.requirements import require_servers
from services.command.attribute import month_of
from shared.faults import Fault
from shared.vocabulary.roles import STAFF, Role

if TYPE_CHECKING:
    from deploy.local.stack import Stack

_OPERATOR = "operator"
_ANSWER_SECONDS = 900
_PATIENCE_SECONDS = 10
_HALVES: Final = {
    "The ruleset": ("attribution", "/api/v1/ruleset"),
    "Plans and contracts": ("invoicing", "/api/v1/plans"),
}
_TOKEN_ROLES: Final = (*STAFF, Role.SERVICE)
_TOKEN_SERVICES: Final = ("attribution", "ingestion", "invoicing")
# What a service answers where it has no more to say.
_NOT_FOUND: Final = "Not found."
_REFUSED: Final = "refused, and what was before stays in force"
_NOT_ASKED: Final = "not applied, and what was before stays in force"
_NO_ANSWER: Final = "no answer, so it may be in force or not; the same command again tells"


def sign_in(
    name: Annotated[str, typer.Argument(help="Who, such as ada.")],
    *,
    role: Annotated[
        str,
        typer.Option(help="billing_clerk ...; else operator_admin, or what a known person has."),
    ] = "",
    customer: Annotated[str, typer.Option(help="For a customer's people: whose.")] = "",
) -> None:
    """Create a person, or find them again, and print a link that signs them in once."""
    people = [each for each in Role if each != Role.SERVICE]
    if role and role not in people:
        raise typer.BadParameter(
            f"{role!r} is no role. The roles are {', '.join(people)}.", param_hint="--role"
        )
    arguments = ["portal_user"]
    if role:
        arguments.append(f"--role={role}")
    if customer:
        arguments.append(f"--customer={customer}")
    print(_manage("portal", *arguments, "--", name))


def apply(file: Annotated[Path, typer.Argument(help="trueback.yaml")]) -> None:
    """Make a `trueback.yaml` the current one: ruleset, plans, customers and contracts.

    A line for the ruleset, one for plans and contracts: in force, or waiting for a second person.
    """
    from deploy.local.api_client import Refused  # noqa: PLC0415
    from shared.configuration import load_configuration  # noqa: PLC0415

    load_configuration(file)
    content = {"content": file.read_text(encoding="utf-8")}
    outcomes: dict[str, str] = {}
    try:
        with calls() as call:
            for half, (service, path) in _HALVES.items():
                outcomes[half] = _NO_ANSWER
                outcomes[half] = _outcome(call(service, "PUT", path, content))
    except Refused:
        # The exception says why; what became of the other half it does not know.
        outcomes = {
            half: _REFUSED if outcome == _NO_ANSWER else outcome
            for half, outcome in outcomes.items()
        }
        raise
    finally:
        for half in _HALVES if outcomes else ():
            print(f"{half} of {file}: {outcomes.get(half, _NOT_ASKED)}")


def _outcome(answer: Mapping[str, Any]) -> str:
    if "proposal" in answer:
        return _needs(answer["proposal"])
    return "in force" if answer["is_changed"] else "in force as before; it changes nothing"


def _needs(proposal: Mapping[str, Any]) -> str:
    reach = ", ".join(f"{name} {value}" for name, value in proposal["reach"].items())
    return (
        f"waits for a second person, and what was before stays in force ({reach}). An administrator"
        f" other than {proposal['proposed_by']} confirms it at {this_stack().portal_url}/changes."
    )


def close(
    period: Annotated[str, typer.Argument(help="2026-10")],
    *,
    reason: Annotated[
        list[str] | None,
        typer.Option(help="check=why it is closed all the same; once per failed check"),
    ] = None,
) -> None:
    """Close a month on its current run; invoices are drafted from it."""
    reasons = dict(_reason(text) for text in reason or [])
    from deploy.local.api_client import Refused  # noqa: PLC0415

    month = month_of(period, hint="PERIOD")
    with calls() as call:
        try:
            call("attribution", "POST", f"/api/v2/periods/{month}/close", {"reasons": reasons})
        except Refused as refused:
            if refused.code != "checks_failed":
                raise
            raise not_closed(str(month), str(refused), refused.reason["checks"]) from refused
    print(f"{period} is closed")


def reattribute(
    period: Annotated[str, typer.Argument(help="2026-10")],
    *,
    reason: Annotated[str, typer.Option(help="why; whoever confirms it and the log see it")],
) -> None:
    """Ask for a closed month by the current rules; a second person confirms it."""
    month = month_of(period, hint="PERIOD")
    with calls() as call:
        path = f"/api/v2/periods/{month}/ruleset"
        answer = call("attribution", "PUT", path, {"reason": reason})
    proposal = answer["proposal"]
    tenants = proposal["reach"]["tenants"]
    print(
        f"{month} stays as it was closed until an administrator other than"
        f" {proposal['proposed_by']} confirms it at {this_stack().portal_url}/changes"
        f" ({'any tenant' if tenants is None else f'tenants {tenants}'} may cost otherwise)."
    )


def token(
    service: Annotated[str, typer.Argument(help="attribution, ingestion or invoicing")],
    *,
    role: Annotated[str, typer.Option()] = Role.OPERATOR_ADMIN,
) -> None:
    """Print a token for a service's API, good for a minute; its address goes to standard error."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from shared.auth.actors import Actor  # noqa: PLC0415
    from shared.auth.tokens import sign_token  # noqa: PLC0415

    if role not in _TOKEN_ROLES:
        raise typer.BadParameter(
            f"{role!r} is no role of a token. They are {', '.join(_TOKEN_ROLES)}.",
            param_hint="--role",
        )
    if service not in _TOKEN_SERVICES:
        raise typer.BadParameter(
            f"{service!r} has no API. Try {', '.join(_TOKEN_SERVICES)}.", param_hint="SERVICE"
        )
    stack = this_stack()
    typer.echo(stack.servers.service_url(service), err=True)
    print(
        sign_token(
            Actor(_OPERATOR, role),  # type: ignore[arg-type]  # checked above
            audience=service,
            now=datetime.now(UTC),
            key_file=stack.servers.credentials.signing_key_file,
        )
    )


class AuditStep(StrEnum):
    VERIFY = "verify"


def audit(step: Annotated[AuditStep, typer.Argument(help="verify")]) -> None:  # noqa: ARG001
    """Check every document against the chain of seals, and the chain against its anchors."""
    print(_manage("invoicing", "verify_documents"))


def _reason(text: str) -> tuple[str, str]:
    check, equals, why = text.partition("=")
    if not (equals and why.strip()):
        raise typer.BadParameter(f"{text!r} is not check=why", param_hint="--reason")
    return check, why


def _manage(service: str, *arguments: str) -> str:
    """Its complaint alone where it fails: that it is a command of a service helps nobody."""
    stack = this_stack()
    from deploy.local.stack import ManageFailed  # noqa: PLC0415

    try:
        return stack.run_manage(service, *arguments).strip()
    except ManageFailed as failed:
        raise Fault(failed.complaint) from failed


def this_stack() -> "Stack":
    """The stack that runs in TRUEBACK_HOME."""
    require_servers()
    from deploy.local.home import find_home  # noqa: PLC0415
    from deploy.local.stack import running_stack  # noqa: PLC0415
    from deploy.local.state import read_state  # noqa: PLC0415

    home = find_home()
    state = read_state(home)
    if state is None or not state.ready:
        raise Fault(f"Nothing runs in {home.path}.", remedy="Start it: trueback up.")
    return running_stack(home)


@contextmanager
def calls(role: Role = Role.OPERATOR_ADMIN) -> Iterator[Any]:
    """`call(service, method, path, body)` as the operator, who holds the keys of every role."""
    stack = this_stack()
    from deploy.local.api_client import ApiClient  # noqa: PLC0415
    from deploy.local.waiting import Patience  # noqa: PLC0415
    from shared.auth.actors import Actor  # noqa: PLC0415

    actor = Actor(_OPERATOR, role)
    client = ApiClient(
        stack.servers.service_url,
        stack.servers.credentials.signing_key_file,
        patience=Patience(_PATIENCE_SECONDS),
    )
    try:
        yield lambda service, method, path, body: client.call(actor, service, method, path, body)
    finally:
        client.close()


def current_run(period: str) -> str:
    from deploy.local.api_client import Refused  # noqa: PLC0415

    with calls() as call:
        try:
            run = call("attribution", "GET", f"/api/v2/periods/{period}", None)["run"]
        except Refused as refused:
            if not refused.is_not_known:
                raise
            run = None
    if run is None:
        raise Fault(f"{period} has no current run.", remedy="Deliver its bill first.")
    return str(run["run_id"])


def download(uris: Mapping[str, str], to: Path) -> None:
    """Objects of the stack's lake, by the names they get."""
    from deploy.local.lake import connect  # noqa: PLC0415

    storage = connect(this_stack().servers)
    try:
        for name, uri in uris.items():
            storage.fetch(uri, to / name)
    finally:
        storage.close()


def answer_of(method: str, path: str, body: Any | None = None) -> Any:
    """Of attribution, to a question that takes a while; the same call again tells how far it is."""
    with calls() as call:
        from deploy.local.api_client import SPARING_SECONDS, Refused  # noqa: PLC0415
        from deploy.local.waiting import Patience  # noqa: PLC0415

        try:
            return Patience(_ANSWER_SECONDS).until(
                "answer",
                lambda: call("attribution", method, path, body)["answer"],
                poll=SPARING_SECONDS,
            )
        except Refused as refused:
            if str(refused) != _NOT_FOUND:
                raise
            raise Fault(
                "The month has no run yet, or there is no such run.",
                remedy="`trueback deliveries` lists what was delivered.",
            ) from refused
