"""What a settlement has made of an account, held against what the rules say: I3, I4, I16, I17."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from deploy.true_up_checker import Costs, Key, Price, billed_at_stripe, price
from deploy.true_up_checker.currencies import step_of
from tests.true_up.rules import Before, agreed, is_documented, may_draw
from tests.true_up.seen import Line, Row, Seen, first_day


@dataclass(frozen=True)
class Waiting:
    """An account before a close; one that is on its way to Stripe is not settled.

    `drawn` is what it must have drawn of each grant afterwards.
    """

    before: Before
    lines: list[Line]
    price: Price
    drawn: Mapping[str, int]


def look_ahead(
    seen: Seen, period: str, costs_at: Callable[[str, int], Costs], number: int, day: date
) -> dict[str, Waiting]:
    """What the accounts of a month are like before it is settled on its close `number`."""
    billed = billed_at_stripe(seen.invoices_there, seen.notes_there).by_account
    waiting = {}
    for name, account in seen.accounts.items():
        if account["period"] != period or seen.is_on_its_way(name):
            continue
        debit = seen.open_debit(name)
        lines = list(seen.lines_of(name))
        own = seen.drawn_by(name)
        left = {grant: seen.left_of(grant) for grant in own}
        there, moves = may_draw(own, left, account["terms"], account["state"], period, day)
        priced = price(account["terms"]["prices"], period, costs_at(period, number), there)
        drawn = {grant: priced.drawn.get(grant, 0) if moves else own[grant] for grant in own}
        before = Before(
            target=priced.target,
            billed=billed.get(name, 0),
            base=account["base_minor"],
            room=sum(_rooms(seen, lines).values()),
            pending=debit["amount_minor"] if debit is not None else 0,
            pending_since=first_day(debit),
            state=account["state"],
        )
        waiting[name] = Waiting(before, lines, priced, drawn)
    return waiting


def _rooms(seen: Seen, lines: list[Line]) -> Counter[str]:
    """By document: of the account's lines, and no more than what all notes have left of it."""
    rooms: Counter[str] = Counter()
    for line in lines:
        rooms[line.invoice["invoice_id"]] += line.room
    given: Counter[str] = Counter()
    for note in seen.notes.values():
        if note["state"] in {"issuing", "issued"}:
            given[note["invoice_id"]] += note["net_minor"]
    for name in rooms:
        rooms[name] = min(rooms[name], seen.invoices[name]["total_minor"] - given[name])
    return rooms


def wrongly_settled(seen: Seen, waiting: Mapping[str, Waiting], day: date) -> Iterator[str]:
    for name, one in waiting.items():
        yield from _wrong_amounts(seen, name)
        if seen.drawn_by(name) != one.drawn:
            yield f"R10: {name} has drawn {seen.drawn_by(name)}, not {one.drawn}"
        account, before = seen.accounts[name], one.before
        whose = f"{account['customer_id']}'s {account['period']}"
        wanted = agreed(before, account["terms"], account["period"], day)
        waived, open_minor = before.target - wanted, wanted - before.billed
        if account["waived_minor"] != waived:
            yield f"I1: of {whose} {account['waived_minor']} is waived, not {waived} ({before})"
        expected = open_minor if is_documented(open_minor, account["terms"], before.state) else 0
        notes, debit = seen.unissued(name), seen.open_debit(name)
        made = (debit["amount_minor"] if debit is not None else 0) - sum(
            note["net_minor"] for note in notes
        )
        if before.state != "stopped" and made != expected:
            yield f"I4: {whose} is corrected by {made}, not by {expected} ({before})"
        most = max(before.base, before.billed + before.pending)
        if (
            waived > 0
            and made > 0
            and before.billed + made > most
            and account["waived_why"] == ("charge_until")
        ):
            yield f"I17: {whose} is charged up to {before.billed + made}, above {most}"
        if notes and before.state != "stopped":
            yield from _wrong_lines(seen, notes, one, whose)


def _wrong_amounts(seen: Seen, name: str) -> Iterator[str]:
    debit, step = seen.open_debit(name), step_of(seen.accounts[name]["currency"])
    amounts = [amount for _, amount in debit["lines"]] if debit is not None else []
    for note in seen.unissued(name):
        amounts += [line["amount_minor"] for line in seen.note_lines[note["note_id"]]]
    if any(amount % step or amount <= 0 for amount in amounts):
        yield f"I14: {name} is corrected by {amounts}, in steps of {step}"


def _wrong_lines(seen: Seen, notes: list[Row], one: Waiting, whose: str) -> Iterator[str]:
    """I16: on what has fallen, from the newest document to the oldest; then on anything."""
    given: Counter[int] = Counter()
    for note in notes:
        for row in seen.note_lines[note["note_id"]]:
            given[row["invoice_line_id"]] += row["amount_minor"]
    billed: Counter[Key] = Counter()
    for line in one.lines:
        billed[line.key] += line.billed
    fall = {key: amount - one.price.lines.get(key, 0) for key, amount in billed.items()}
    fallen = {key: amount for key, amount in fall.items() if amount > 0}
    for line in one.lines:
        if given[line.row["id"]] > line.room:
            yield f"I2: {whose}: {given[line.row['id']]} of a room of {line.room} is given"
    of_key: Counter[Key] = Counter()
    for line in one.lines:
        of_key[line.key] += given[line.row["id"]]
    beside = [line for line in one.lines if line.key not in fallen and given[line.row["id"]]]
    beside += [line for line in one.lines if of_key[line.key] > fallen.get(line.key, 0) > 0]
    spare = [
        line
        for line in one.lines
        if of_key[line.key] < fallen.get(line.key, 0) and given[line.row["id"]] < line.room
    ]
    if beside and spare and not _is_bound(seen, one, given):
        yield (
            f"I16: {whose}: {beside[0].key} is credited, and {spare[0].key} has fallen by"
            f" {fallen[spare[0].key]} and has room"
        )
    yield from _out_of_order(one, given, fallen, whose)


def _is_bound(seen: Seen, one: Waiting, given: Counter[int]) -> bool:
    """A document has no more left than its notes have given, whatever its lines have."""
    rooms = _rooms(seen, one.lines)
    rest: Counter[str] = Counter()
    for line in one.lines:
        rest[line.invoice["invoice_id"]] += line.room - given[line.row["id"]]
    return any(rest[name] > rooms[name] for name in rooms)


def _out_of_order(
    one: Waiting, given: Counter[int], fallen: Mapping[Key, int], whose: str
) -> Iterator[str]:
    """A document is credited while a newer one has a line of the same fallen key with room."""
    for index, line in enumerate(one.lines):
        if not given[line.row["id"]] or line.key not in fallen:
            continue
        for newer in one.lines[index + 1 :]:
            is_other = newer.invoice["invoice_id"] != line.invoice["invoice_id"]
            left = newer.room - given[newer.row["id"]]
            if is_other and newer.key == line.key and left > 0:
                yield f"R12: {whose}: an older invoice is credited, a newer one has {left} left"
                return


def changed(before: Seen, after: Seen) -> Iterator[str]:
    """I3: settled again nothing is made."""
    for name in ("notes", "debits", "invoices", "ledger"):
        was, now = len(getattr(before, name)), len(getattr(after, name))
        if was != now:
            yield f"I3: {was} {name} before the same close was settled again, {now} after"
    if before.draws != after.draws:
        yield f"I3: draws were {before.draws}, and are {after.draws} on the same close"
    for name, note in before.notes.items():
        state = after.notes[name]["state"]
        if note["state"] != state:
            yield f"I3: {name} is {state} since the same close was settled again"
