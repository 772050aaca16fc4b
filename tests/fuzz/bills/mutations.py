"""What happens to bills on their way: to cells, columns, times, encodings, bytes, manifests."""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tests.fuzz.bills.tables import Format, Table, csv_text, deliver, encoded, packed, random_table

_NUMBERS: Final = (
    *(
        "",
        "NULL",
        "null",
        "NaN",
        "inf",
        "-Infinity",
        "1,50",
        "1.234,50",
        "1,000.00",
        "$5.00",
        "5 USD",
    ),
    *("1e3", "1E+3", "1e-12", ".5", "5.", "+7", "--7", "0x10", "1_000", "\u0661\u0662", "1e400"),
    *(
        "99999999999999.99",
        "250000000",
        "1000000000000001",
        "12345678901234567890",
        "0.00000000005",
    ),
    *("-0", " 5 ", "5\u00a0", "'5", "(5.00)", "-5.00-", "1e", "true", "N/A"),
)
_TIMES: Final = (
    *("2026-10-03", "2026-10-03 04:00:00", "2026-10-03 04:00:00.000 UTC", "2026-10-03T04:00Z"),
    *("2026-10-03T04:00:00+02:00", "2026/10/03 04:00", "20261003T040000Z", "10/3/26", "3-10-26"),
    *(
        "10/13/2026",
        "10/03/2026",
        "03.10.2026",
        "26-10-03",
        "infinity",
        "-infinity",
        "epoch",
        "now",
    ),
    *(
        "1790812800",
        "1790812800000",
        "46298.17",
        "2026-13-03",
        "2026-10-32",
        "2026-02-30T00:00:00Z",
    ),
    *(
        "0010-03-26",
        "9999-12-31T00:00:00Z",
        "294247-01-10T04:00:54Z",
        "0044-03-15 (BC)",
        "today",
        "",
    ),
    *("2026-10-03T24:00:00Z", "2026-10-03T04:00:60Z", "2026-10-03T04:00:00 PST", "2026-W40-6"),
)
_TAGS: Final = (
    *(
        "",
        "NULL",
        "{}",
        "[]",
        "acme",
        "{customer=acme}",
        "{'customer': 'acme'}",
        '{"customer":"acme"',
    ),
    *('{"customer":"acme","customer":"globex"}', '{"customer":5}', '{"customer":null}', '"acme"'),
    *(
        '{"Customer":"globex"}',
        '{"customer":["acme"]}',
        '{"customer ":"acme"}',
        '[{"customer":"acme"}]',
    ),
    *('{"customer":"acme\\u200b"}', '{"customer":"\\uff41cme"}', '{"user_customer":"globex"}'),
    *(
        '{"customer":"ACME "}',
        '{"customer":"=1+1"}',
        '{"user_customer":"acme","user_customer":"x"}',
    ),
)
_TEXTS: Final = (
    *(
        "",
        "NULL",
        "null",
        "=1+1",
        "\u202eemca",
        "x" * 5_000,
        "a\nb",
        'a"b',
        "a,b",
        "\u00a0",
        "USD",
        "usd",
    ),
    *(
        "EUR",
        "222222222222.0",
        "2.22E+11",
        "usage",
        "USAGE",
        "Usage ",
        "Bogus",
        "Refund",
        "Purchase",
    ),
    *(
        "SavingsPlanNegation",
        "DiscountedUsage",
        "a\u0301",
        "\U0001f600",
        "'",
        "\\",
        "acme",
        "globex",
    ),
)

Delivered = Path
Mutation = Callable[[random.Random, Path, Format], Delivered]


def _two_parts(chance: random.Random, form: Format) -> list[Table]:
    first = random_table(chance, form)
    if form.layout == "file" or chance.random() < 0.5:
        return [first]
    second = random_table(chance, form)
    rows = [[dict(zip(second.header, row, strict=True))[name] for name in first.header]
            for row in second.rows]  # fmt: skip
    return [first, Table([*first.header], rows)]


def untouched(chance: random.Random, root: Path, form: Format) -> Delivered:
    return _delivered(root, form, _two_parts(chance, form))


def _delivered(root: Path, form: Format, tables: Sequence[Table]) -> Delivered:
    return deliver(root, form, [encoded(table, form) for table in tables])


def _changed_cells(values: Sequence[str], *whats: str) -> Mutation:
    def change(chance: random.Random, root: Path, form: Format) -> Delivered:
        tables = _two_parts(chance, form)
        table = chance.choice(tables)
        names = [form.columns[what] for what in whats or form.columns if what in form.columns]
        # A map of Parquet holds texts alone.
        names = [n for n in names if not (form.is_parquet and n == "resource_tags")]
        at = table.column(chance.choice(names)) if names else 0
        value = chance.choice(values)
        rows = table.rows if chance.random() < 0.2 else [chance.choice(table.rows)]
        for row in rows if names else ():
            row[at] = value
        return _delivered(root, form, tables)

    return change


def columns(chance: random.Random, root: Path, form: Format) -> Delivered:
    """One is away, twice there, renamed or moved; or one more is there."""
    tables = _two_parts(chance, form)
    table = chance.choice(tables)
    at = chance.randrange(len(table.header))
    match chance.choice(("drop", "twice", "lower", "junk", "swap", "empty")):
        case "drop":
            _each(table, lambda row: row.pop(at))
        case "twice" if not form.is_parquet:
            _each(table, lambda row: row.append(row[at]))
        case "lower":
            table.header[at] = table.header[at].lower()
        case "swap":
            other = chance.randrange(len(table.header))
            header = table.header
            header[at], header[other] = header[other], header[at]
        case "empty" if not form.is_parquet:
            _each(table, lambda row: row.append(""))
        case _:
            table.header.append(chance.choice(("x_Mine", "Äußeres", "customer")))
            for row in table.rows:
                row.append("acme")
    try:
        return _delivered(root, form, tables)
    except ValueError:  # no Parquet is made of it
        return untouched(chance, root, form)


def _each(table: Table, change: Callable[[list[str]], object]) -> None:
    for row in (table.header, *table.rows):
        change(row)


def encodings(chance: random.Random, root: Path, form: Format) -> Delivered:
    tables = _two_parts(chance, form)
    if form.is_parquet:
        return _delivered(root, form, tables)
    end = chance.choice(("\n", "\r\n", "\r"))
    delimiter = chance.choice((",", ",", ";", "\t"))
    text = csv_text(tables[0], delimiter=delimiter, line_end=end)
    if chance.random() < 0.3:
        text = text.replace('""', '\\"')
    content = text.encode(chance.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")))
    return deliver(root, form, [packed(content, form), *(encoded(t, form) for t in tables[1:])])


def flipped_bits(chance: random.Random, root: Path, form: Format) -> Delivered:
    parts = [bytearray(encoded(table, form)) for table in _two_parts(chance, form)]
    part = chance.choice(parts)
    for _ in range(chance.randint(1, 6)):
        part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
    return deliver(root, form, [bytes(each) for each in parts])


def cut(chance: random.Random, root: Path, form: Format) -> Delivered:
    """At any byte, or within the packed text, which then is whole to whoever unpacks it."""
    tables = _two_parts(chance, form)
    parts = [encoded(table, form) for table in tables]
    at = chance.randrange(len(parts))
    whole = parts[at]
    if not form.is_parquet and chance.random() < 0.5:
        text = csv_text(tables[at]).encode()
        parts[at] = packed(text[: chance.randrange(len(text))], form)
    else:
        parts[at] = whole[: chance.randrange(len(whole))] + chance.choice((b"", b"", b"\0" * 9))
    return deliver(root, form, parts)


def manifests(chance: random.Random, root: Path, form: Format) -> Delivered:
    bill = untouched(chance, root, form)
    found = sorted(root.rglob("*-Manifest.json"))
    if not found:
        return bill
    manifest = found[0]
    content = json.loads(manifest.read_text())
    name = "dataFiles" if "dataFiles" in content else "reportKeys"
    match chance.choice(("broken", "absent", "more", "twice", "none", "other", "odd", "away")):
        case "broken":
            text = manifest.read_text()
            manifest.write_text(text[: chance.randrange(len(text))])
            return bill
        case "absent":
            data = [path for path in root.rglob("bill-0*") if path.is_file()]
            chance.choice(data).unlink()
            return bill
        case "away":
            manifest.unlink()
            return bill
        case "more":
            content[name].append(content[name][0].replace("bill-00001", "bill-00009"))
        case "twice":
            content[name].append(content[name][0])
        case "none":
            content[name] = []
        case "other":
            # The months' manifests are swapped: this one names the files of the next.
            content[name] = [key.replace("2026-10", "2026-11").replace("20261001-20261101",
                             "20261101-20261201") for key in content[name]]  # fmt: skip
        case _:
            content[name] = chance.choice(([1], "bill", {"a": 1}, ["../../etc/passwd"], None))
    manifest.write_text(json.dumps(content))
    return bill


def bombs(chance: random.Random, root: Path, form: Format) -> Delivered:
    tables = _two_parts(chance, form)
    if form.is_parquet or not form.suffix.endswith((".gz", ".zip")):
        return _delivered(root, form, tables)
    if form.suffix.endswith(".gz"):
        return deliver(root, form, [encoded(tables[0], form) + _zeros(), *map_rest(tables, form)])
    return deliver(root, form, [packed(csv_text(tables[0]).encode() + b"0" * 20_000_000, form)])


def map_rest(tables: Sequence[Table], form: Format) -> list[bytes]:
    return [encoded(table, form) for table in tables[1:]]


@cache
def _zeros() -> bytes:
    """A second member of a gzip file: 128 MB in 128 kB."""
    return gzip.compress(b"0" * 128_000_000, 1, mtime=0)


MUTATIONS: Final[tuple[tuple[int, Mutation], ...]] = (
    (8, untouched),
    (16, _changed_cells(_NUMBERS, "cost")),
    (12, _changed_cells(_TIMES, "start", "end", "month", "month_end")),
    (12, _changed_cells(_TAGS, "tags", "customer")),
    (12, _changed_cells(_TEXTS)),
    (10, columns),
    (8, encodings),
    (10, flipped_bits),
    (8, cut),
    (8, manifests),
)
BOMBS_EVERY: Final = 400
