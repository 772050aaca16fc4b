"""`trueback source`, `sources`, `deliveries`, `delivery`, `deliver`: where data comes from.

They call ingestion's API in the operator's name, as any other program may.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from deploy.commands.operate import calls
from services.command.figures import in_seconds
from shared.faults import BadInput, Fault
from shared.vocabulary.sources import SourceState

_UPLOAD: Final = "upload:"
_REASON: Final = typer.Option(help="Why; kept with it and in the audit log.")
_MONTH: Final = re.compile(r"(?<![0-9])(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?![0-9])")


def source(
    key: Annotated[str, typer.Argument(help="A name for it, such as aws.")],
    uri: Annotated[
        str,
        typer.Argument(help="s3://bucket/prefix/, file:///folder/, or upload: for files by hand"),
    ] = "",
    *,
    kind: Annotated[str, typer.Option(help="bill, signals or workloads")] = "bill",
    move: Annotated[
        bool, typer.Option(help="It is known: read the given address from now on.")
    ] = False,
    pause: Annotated[bool, typer.Option(help="Do not look at it until --resume.")] = False,
    resume: Annotated[bool, typer.Option(help="Look at it again.")] = False,
    retire: Annotated[
        bool, typer.Option(help="Never look at it again; what it has delivered stays.")
    ] = False,
    look: Annotated[bool, typer.Option(help="Look at it now, however often it failed.")] = False,
    awaits_first_delivery: Annotated[
        bool, typer.Option(help="Nothing need lie there yet.")
    ] = False,
    reason: Annotated[str, _REASON] = "",
) -> None:
    """Say where bills, usage signals or workloads are delivered, or change it.

    The address is tried first.
    """
    acts = {"pause": pause, "resume": resume, "retire": retire, "look": look}
    wanted = [act for act, is_wanted in acts.items() if is_wanted]
    place: dict[str, Any] = {"uri": uri, "awaits_first_delivery": awaits_first_delivery}
    if len(wanted) + (move or (bool(uri) and not wanted)) != 1 or (wanted and uri):
        raise typer.BadParameter(
            "give an address, or one of --move ADDRESS, --pause, --resume, --retire, --look"
        )
    if move and not uri:
        raise typer.BadParameter("give the address that it moves to", param_hint="--move")
    body: dict[str, Any]
    with calls() as call:
        if wanted:
            body = {"reason": _reason(reason)} if wanted != ["look"] else {}
            with _known_source(key):
                answer = call("ingestion", "POST", f"/api/v1/sources/{key}/{wanted[0]}", body)
            print(_standing(answer))
        elif move:
            body = {**place, "reason": _reason(reason)}
            with _known_source(key):
                answer = call("ingestion", "POST", f"/api/v1/sources/{key}/address", body)
            print(f"{_what(answer)} from {answer['uri']} from now on")
        else:
            body = {"key": key, "kind": kind, **place}
            answer = call("ingestion", "POST", "/api/v1/sources", body)
            by_hand = answer["uri"].startswith(_UPLOAD)
            print(
                f"{_what(answer)} from files given by hand: trueback deliver {key} FILE"
                if by_hand
                else f"{_what(answer)} from {answer['uri']}"
            )


def sources() -> None:
    """The sources: what was seen there, and which can't be read."""
    with calls() as call:
        listed = call("ingestion", "GET", "/api/v1/sources", None)["data"]
    for one in listed:
        print(f"{one['key']}: {one['kind']}, {one['state']}, {one['uri']}")
        if one["failing_since"]:
            count, since = one["failure_count"], in_seconds(one["failing_since"])
            times = "once" if count == 1 else f"{count} times"
            print(f"  can't be read since {since}, failed {times}: {one['failure']}")
        elif one["looked_at"] and one["uri"] and not one["uri"].startswith(_UPLOAD):
            print(f"  {_seen(one['seen'])}, looked at {in_seconds(one['looked_at'])}")
    if not listed:
        print("No source is registered. trueback source aws s3://bucket/prefix/")


def deliveries(
    *,
    needing_a_person: Annotated[
        bool, typer.Option("--open", help="Those that wait or were refused.")
    ] = False,
    source: Annotated[str, typer.Option(help="Of that source.")] = "",
) -> None:
    """The newest deliveries, or those that need a person."""
    query = f"?source={source}" if source else ""
    with calls() as call:
        listed = call("ingestion", "GET", f"/api/v1/deliveries{query}", None)["data"]
    shown = [one for one in listed if not needing_a_person or one["needs_a_person"]]
    for one in shown:
        _print_delivery(one)
    if not shown:
        by = f" by {source}" if source else ""
        print(f"No delivery{by} needs a person." if listed else f"Nothing was delivered{by}.")


def delivery(
    delivery_id: Annotated[str, typer.Argument(help="dlv_..., as `trueback deliveries` has it.")],
    *,
    retry: Annotated[bool, typer.Option(help="Read what lies there once more.")] = False,
    accept: Annotated[
        bool, typer.Option(help="Take it all the same, where its fault may be accepted.")
    ] = False,
    withdraw: Annotated[
        bool, typer.Option(help="Let it count for its month no more; --retry takes it back.")
    ] = False,
    replace: Annotated[
        Path | None, typer.Option(help="A file to take in its place.", exists=True, dir_okay=False)
    ] = None,
    reason: Annotated[str, _REASON] = "",
) -> None:
    """What came of a delivery; retry, accept or withdraw it, or give a file in its place."""
    acts = {"retry": retry, "accept": accept, "withdraw": withdraw}
    wanted = [act for act, is_wanted in acts.items() if is_wanted]
    if len(wanted) + (replace is not None) > 1:
        raise typer.BadParameter("give one of --retry, --accept, --withdraw, --replace")
    path = f"/api/v1/deliveries/{delivery_id}"
    with calls() as call:
        with _known(f"No delivery is {delivery_id}.", "`trueback deliveries` lists them."):
            if wanted:
                body = {"reason": _reason(reason)}
                shown = call("ingestion", "POST", f"{path}/{wanted[0]}", body)
            else:
                shown = call("ingestion", "GET", path, None)
        if replace is not None:
            about = {"source": shown["source"], "period": shown["period"], "replaces": delivery_id}
            shown = _give(call, replace, {**about, "reason": _reason(reason)})
    _print_delivery(shown)
    for finding in shown["findings"]:
        print(f"  Note: {finding}")
    if shown["may_be_accepted"]:
        print(f"  It may be accepted: trueback delivery {delivery_id} --accept --reason ...")


def deliver(
    source: Annotated[str, typer.Argument(help="Whose it is, such as aws.")],
    file: Annotated[Path, typer.Argument(help="A bill, signals ...", exists=True, dir_okay=False)],
    *,
    period: Annotated[str, typer.Option(help="2026-10; else the month in the file's name.")] = "",
    reason: Annotated[str, _REASON] = "",
) -> None:
    """Give a file by hand: a bill, signals or workloads of a month.

    It is the newest of its month then, until the source delivers again.
    """
    months = set(_MONTH.findall(file.name))
    if not period and len(months) != 1:
        raise typer.BadParameter("say of which month it is", param_hint="--period")
    about = {"source": source, "period": period or months.pop(), "reason": _reason(reason)}
    with calls() as call:
        _print_delivery(_give(call, file, about))


def _give(call: Any, file: Path, about: Mapping[str, str]) -> Any:
    """Part by part; each may be sent twice, and nothing is taken before the last one is there."""
    begun = call("ingestion", "POST", "/api/v1/uploads", {**about, "file_name": file.name})
    path, size = f"/api/v1/uploads/{begun['upload_id']}", file.stat().st_size
    if size > begun["file_bytes_max"]:
        raise BadInput(
            f"it has more than {begun['file_bytes_max']:,} bytes.",
            file=str(file),
            remedy="Put it into a bucket, and name that as the source.",
        )
    digest, number = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while part := stream.read(begun["part_bytes_max"]):
            number += 1
            digest.update(part)
            body = {"content": base64.b64encode(part).decode()}
            call("ingestion", "POST", f"{path}/parts/{number}", body)
    end = {"size_bytes": size, "sha256": digest.hexdigest()}
    return call("ingestion", "POST", f"{path}/finish", end)


def _print_delivery(shown: Mapping[str, Any]) -> None:
    what = f"{shown['delivery_id']}  {shown['source']} {shown['period']}: {shown['state']}"
    print(f"{what}, delivered {in_seconds(shown['delivered_at'])}")
    if shown["error"]:
        print(f"  {shown['error']}")
    if taken := shown["taken"]:
        counts = "counts" if taken["is_current"] else "doesn't count"
        billed = f", billed {taken['billed_total']} {taken['currency']}"
        print(f"  {taken['row_count']:,} lines{billed if taken['billed_total'] else ''}; {counts}")
    if shown["given_by"]:
        print(f"  {shown['file_name']}, given by {shown['given_by']}: {shown['reason']}")
    for one in shown["accepted"]:
        print(f"  accepted by {one['by']} ({one['code']}): {one['reason']}")


def _what(source: Mapping[str, Any]) -> str:
    kind = source["kind"]
    subject = f"The {kind}" if kind == "bill" else str(kind).capitalize()
    return f"{subject} of {source['key']} {'is' if kind == 'bill' else 'are'} read"


def _standing(source: Mapping[str, Any]) -> str:
    key, state, uri = source["key"], source["state"], source["uri"]
    match state:
        case SourceState.RETIRED:
            return f"{key} is retired, and reads {uri} no more; what it has delivered stays"
        case SourceState.PAUSED:
            return f"{key} is paused, and does not look at {uri} until --resume"
        case _:
            return f"{key} is {state}, and reads {uri}"


@contextmanager
def _known(fault: str, remedy: str) -> Iterator[None]:
    """In place of `Not found.`, which says neither what nor where to look."""
    from deploy.local.api_client import Refused  # noqa: PLC0415

    try:
        yield
    except Refused as refused:
        if not refused.is_not_known:
            raise
        raise Fault(fault, remedy=remedy) from refused


def _known_source(key: str) -> AbstractContextManager[None]:
    return _known(f"No source is named {key!r}.", "`trueback sources` lists them.")


def _unread(seen: Mapping[str, Any]) -> str:
    count, example = seen["unread"], seen["unread_example"]
    if count == 0:
        return ""
    such_as = "" if not example else f": {example}" if count == 1 else f", such as {example}"
    return f", {'1 file says' if count == 1 else f'{count} files say'} no month{such_as}"


def _seen(seen: Mapping[str, Any]) -> str:
    months = seen["months"]
    unread = _unread(seen)
    span = " to ".join(dict.fromkeys((months[0], months[-1]))) if months else "no month yet"
    fault = seen.get("billing_periods_fault", "")
    unknown = f", whether a month is closed is not known: {fault}" if fault else ""
    objects = "1 object" if seen["objects"] == 1 else f"{seen['objects']} objects"
    return f"{objects}, {span}{unread}{unknown}"


def _reason(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    return text.strip()
