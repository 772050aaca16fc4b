"""Facts of which one value is absurd, or as large as it may be: each field of each contract."""

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from shared.contracts.contract import Contract
from shared.contracts.fields import Kind


@dataclass(frozen=True)
class Values:
    """Of one kind, as JSON has them."""

    plain: Any
    largest: Sequence[Any]
    absurd: Sequence[Any]


def _texts(longest: int, *, shortest: int = 0, odd: Sequence[str] = ("\t", "\r\n")) -> Values:
    return Values(
        "a",
        ["x" * longest, "\U0001f600" * longest],
        [
            *("x" * (longest + 1), "a\x00", "\x1b[2J", "\x7f", "\x85", "a\ud800b", "\udfff"),
            *odd,
            *([""] if shortest else []),
        ],
    )


def _decimals(digits: int, decimals: int) -> Values:
    widest = f"{'9' * digits}.{'9' * decimals}"
    finer = f"0.{'0' * decimals}1"
    absurd = [f"1{'0' * digits}", f"-1{'0' * digits}", finer, f"{widest}1"]
    absurd += ["1E+99", "1.5E-99", "0E+99", "1E-999999", "9" * 5000]
    smallest = [f"1E-{decimals}", f"-0.{'0' * 100}", f"1.5{'0' * 100}", f"1E+{digits - 1}"]
    return Values("1.5", [widest, f"-{widest}", *smallest], absurd)


# What each kind takes, said a second time: a kind that is missing here fails the tests.
VALUES: Final[Mapping[str, Values]] = {
    "an identifier": _texts(40, shortest=1),
    "a key": _texts(100, shortest=1),
    "an entry's identifier": _texts(200, shortest=1),
    "a digest": _texts(64, shortest=1),
    "an address": _texts(1000, shortest=1),
    "a level": _texts(10),
    "a code": _texts(20),
    "a name": _texts(200),
    "an e-mail address": _texts(254),
    "a line": _texts(1000),
    "a text": _texts(50_000, odd=()),
    "a currency": Values(
        "USD", ["ZZZ"], ["<script>", "usd", "US", "USDX", "", "US\x00", "\uff35\uff33\uff24", "U1D"]
    ),
    "a period": Values(
        "2026-10",
        ["2000-01", "2199-12"],
        ["nope", "", "9999-12", "2026-13", "1999-12", "2200-01", "2026-10\x00", "0001-01"],
    ),
    "a count": Values(1, [0, 2**63 - 1], [-1, -(2**63), 2**63, 10**30]),
    "an amount": _decimals(18, 10),
    "a share": _decimals(4, 8),
    "a number": _decimals(38, 38),
    "a time": Values(
        "2026-10-31T00:00:00Z",
        ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "2026-10-31T02:00:00+02:00"],
        [
            *("1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "2026-10-31T00:00:00"),
        ],
    ),
    "a day": Values(
        "2026-10-31", ["2000-01-01", "2199-12-31"], ["1999-12-31", "2200-01-01", "0001-01-01"]
    ),
}


def absurd_facts(contract: Contract[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A path, and a payload whose value there is absurd; it is whole and sane otherwise."""
    return _varied(contract.payload, lambda kind: VALUES[kind.name].absurd)


def largest_facts(contract: Contract[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """As the absurd ones, with the largest and smallest that are taken."""
    return _varied(contract.payload, lambda kind: VALUES[kind.name].largest)


def _varied(hint: Any, values: Callable[[Kind], Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """The value of one field is varied at a time."""
    if is_dataclass(hint):
        whole = _plain(hint)
        for name, part in _parts(hint).items():
            for path, value in _varied(part, values):
                yield f"{name}.{path}".rstrip("."), {**whole, name: value}
    elif get_origin(hint) is Annotated:
        for value in values(_kind(hint)):
            yield "", value
    else:
        yield from _varied_parts(hint, values)


def _varied_parts(hint: Any, values: Callable[[Kind], Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Of a list its item, of a map its key and its value, of a union each member."""
    kind, parts = get_origin(hint), get_args(hint)
    for number, part in enumerate(parts):
        for path, value in _varied(part, values):
            if kind is list:
                yield path, [value]
            elif kind is dict:
                yield path, {_plain(parts[0]): value} if number else {value: _plain(parts[1])}
            else:
                yield path, value


def _plain(hint: Any) -> Any:
    if is_dataclass(hint):
        return {name: _plain(part) for name, part in _parts(hint).items()}
    if get_origin(hint) is Annotated:
        return VALUES[_kind(hint).name].plain
    if get_origin(hint) is list:
        return [_plain(get_args(hint)[0])]
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        return {_plain(key): _plain(value)}
    if get_origin(hint) in {Union, types.UnionType}:
        return _plain(get_args(hint)[0])
    return False


def _parts(payload: Any) -> dict[str, Any]:
    hints = get_type_hints(payload, include_extras=True)
    return {each.name: hints[each.name] for each in fields(payload)}


def _kind(hint: Any) -> Kind:
    return next(part for part in get_args(hint) if isinstance(part, Kind))
