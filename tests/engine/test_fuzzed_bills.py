"""`make fuzz-bills` plans what it says, and its oracle knows what is right and what is wrong."""

import json
import random
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fuzz.bills import __main__ as command
from tests.fuzz.bills import judge, oracle
from tests.fuzz.bills.delivering import deliver
from tests.fuzz.bills.figures import Figures
from tests.fuzz.bills.mutations import untouched
from tests.fuzz.bills.plan import KINDS, planned
from tests.fuzz.bills.tables import FORMATS, Table, encoded, random_table

SHAPES = [form for shapes in FORMATS.values() for form in shapes]
FORM = FORMATS["FOCUS 1.2 CSV"][0]


def chance() -> random.Random:
    return random.Random(7)  # noqa: S311 - the same each time


def taken(tmp_path, form=FORM, number=0):
    (tmp_path / f"bill-{number}").mkdir()
    bill = untouched(chance(), tmp_path / f"bill-{number}", form)
    return judge.take(number, bill, tmp_path, source=f"source-{number}")


@pytest.mark.parametrize("seed", [11, 12])
def test_two_thousand_have_every_kind_of_every_format(seed):
    forms = defaultdict(set)
    for number in range(2_000):
        plan = planned(number, seed)
        assert plan.kind.fits(plan.form)
        forms[plan.kind.name].add(plan.form.name)
    assert forms == {kind.name: set(FORMATS) for kind in KINDS}


def test_a_delivery_is_what_its_number_and_the_seed_say(tmp_path):
    """So slices add up, whichever process makes them."""
    contents = []
    for numbers in ([5, 6, 7], [7]):
        for number in numbers:
            plan = planned(number, 11)
            root = judge.emptied(tmp_path / "bill")
            plan.kind.mutate(plan.chance, root, plan.form)
        contents.append(
            {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        )
    assert contents[0]
    assert contents[0] == contents[1]


def test_deliveries_as_they_should_be_are_taken_for_what_the_oracle_reads(tmp_path):
    found = [taken(tmp_path, form, number) for number, form in enumerate(SHAPES)]
    assert all(each.answer.owners for each in found)
    expected = [(number, judge.Judged("accepted")) for number in range(len(SHAPES))]
    assert list(judge.judge_taken(found, tmp_path)) == expected


@pytest.mark.parametrize("numbers", [[0, 1], [1, 2]], ids=["prepared", "straight"])
def test_another_owner_is_silent_and_wrong(tmp_path, numbers):
    right, wrong = (taken(tmp_path, number=number) for number in numbers)
    wrong = replace(wrong, answer=replace(wrong.answer, owners={"acme": Decimal(1)}))
    found = dict(judge.judge_taken([right, wrong], tmp_path))
    assert [found[number].verdict for number in numbers] == ["accepted", "silent_wrong"]


def test_other_rows_are_half_imported_and_what_must_be_refused_is_silent(tmp_path, monkeypatch):
    answer = taken(tmp_path).answer
    for number, (other, verdict) in enumerate(
        [
            (replace(answer, rows=answer.rows + 1), "half_imported"),
            (oracle.Answer(refusal="a cost that is none"), "silent_wrong"),
        ],
        start=1,
    ):
        monkeypatch.setattr(oracle, "read", lambda _, answer=other: answer)
        assert taken(tmp_path, number=number).verdict == verdict


@pytest.mark.parametrize("numbers", [[0, 1, 2], [1, 2, 3]], ids=["prepared", "straight"])
def test_a_run_that_fails_is_laid_to_its_delivery(tmp_path, numbers):
    found = [taken(tmp_path, number=number) for number in numbers]
    snapshot = found[1].snapshot
    other = replace(snapshot.raw_totals[0], billed=Decimal(1))
    found[1] = replace(found[1], snapshot=replace(snapshot, raw_totals=(other,)))
    verdicts = [judged.verdict for _, judged in judge.judge_taken(found, tmp_path)]
    assert verdicts == ["accepted", "half_imported", "accepted"]


@pytest.mark.parametrize(
    ("what", "cell", "refusal"),
    [
        ("cost", "1,50", "the cost"),
        ("cost", "NaN", "the cost"),
        ("tags", "{customer=acme}", "no JSON"),
        ("tags", '{"customer":"acme","customer":"globex"}', "twice"),
    ],
)
def test_the_oracle_refuses_what_has_no_amount_or_no_owner(tmp_path, what, cell, refusal):
    table = random_table(chance(), FORM)
    row = [*table.rows[0]]
    row[table.column(FORM.columns[what])] = cell
    bill = deliver(tmp_path, FORM, [encoded(Table(table.header, [row]), FORM)])
    assert refusal in oracle.read(bill).refusal


def figures(verdict: str, peak_mb: int) -> Figures:
    done = Figures(peak_mb=peak_mb)
    done.count(0, 11, verdict, "why")
    return done


@pytest.mark.parametrize(
    ("verdict", "peak_mb", "code"),
    [
        ("accepted", 512, 0),
        ("rejected", 512, 0),
        ("accepted", 513, 1),
        ("silent_wrong", 1, 1),
        ("half_imported", 1, 1),
        ("crashes", 1, 1),
    ],
)
def test_the_exit_code_says_if_the_goal_was_met(
    tmp_path, monkeypatch, capsys, verdict, peak_mb, code
):
    monkeypatch.setattr(command, "fuzz", lambda *_: figures(verdict, peak_mb))
    results = tmp_path / "results.jsonl"
    assert command.main(["--files", "1", "--results", str(results)]) == code
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(last) == [
        *("files", "accepted", "rejected", "silent_wrong", "half_imported", "crashes"),
        *("peak_mb", "seed"),
    ]
    assert last.items() <= json.loads(results.read_text()).items()


def test_slices_add_up(tmp_path, monkeypatch, capsys):
    results = tmp_path / "results.jsonl"
    for first, verdict, peak_mb in (
        (0, "accepted", 200),
        (1, "rejected", 300),
        (0, "accepted", 250),
    ):
        monkeypatch.setattr(command, "fuzz", lambda *_, of=(verdict, peak_mb): figures(*of))
        command.main(["--from", str(first), "--files", "1", "--results", str(results)])
    capsys.readouterr()
    assert command.main(["--total", "--results", str(results)]) == 0
    total = json.loads(capsys.readouterr().out)
    assert total == {
        "files": 2,
        "accepted": 1,
        "rejected": 1,
        "silent_wrong": 0,
        "half_imported": 0,
        "crashes": 0,
        "peak_mb": 300,
        "seed": 11,
    }
    command.main(["--from", "0", "--files", "2", "--results", str(results)])
    assert command.main(["--total", "--results", str(results)]) == 2


def test_where_nothing_can_be_said_the_exit_code_is_2(tmp_path):
    folder = tmp_path / "results.jsonl"
    folder.mkdir()
    assert command.main(["--files", "1", "--results", str(folder)]) == 2
    assert command.main(["--total", "--results", str(tmp_path / "absent.jsonl")]) == 2
