import pytest

from services.command import replay as command
from shared.faults import Fault, ProofFailed

HASHES = {"recorded": "0a", "kept": "0a", "replayed": "0a"}


@pytest.fixture
def answered(monkeypatch):
    """What attribution is asked; it answers with `hashes`."""

    def answer(*, engine="e1", has_same_amounts=True, **hashes):
        asked = []
        all_hashes = HASHES | hashes
        replayed = {
            "period": "2026-10",
            "hashes": all_hashes,
            "is_same": len(set(all_hashes.values())) == 1,
            "engine": {"recorded": engine, "current": "e1"},
            "has_same_amounts": has_same_amounts,
        }

        def answer_of(*question):
            asked.append(question)
            return replayed

        monkeypatch.setattr(command, "answer_of", answer_of)
        monkeypatch.setattr(command, "current_run", lambda _period: "run_now")
        return asked

    return answer


class TestReplay:
    def test_prints_what_was_compared(self, answered, capsys):
        answered()
        command.replay("2026-10", as_of="run_1")
        printed = capsys.readouterr().out
        assert printed.count("sha256 0a") == 3
        assert "run_1 of 2026-10: the same, byte for byte" in printed

    def test_is_of_the_current_run_unless_one_is_named(self, answered):
        asked = answered()
        command.replay("2026-10", as_of="")
        command.replay("2026-10", as_of="run_1")
        assert [path for _, path, _ in asked] == [
            "/api/v1/runs/run_now/replays",
            "/api/v1/runs/run_1/replays",
        ]
        assert asked[0][2] != asked[1][2]

    @pytest.mark.parametrize(
        ("engine", "shown"), [("e0", "e0"), ("", "one of before versions were recorded")]
    )
    def test_by_another_engine_says_so_and_that_the_amounts_are_equal(
        self, answered, capsys, engine, shown
    ):
        answered(replayed="0b", engine=engine)
        command.replay("2026-10", as_of="run_1")
        printed = capsys.readouterr().out
        assert f"engine    {shown} computed it, e1 replays it" in printed
        assert "other bytes, and the same amounts in every statement" in printed

    def test_ends_with_5_where_an_amount_differs(self, answered):
        answered(replayed="0b", has_same_amounts=False)
        with pytest.raises(ProofFailed, match="does not come out as it did") as failed:
            command.replay("2026-10", as_of="run_1")
        assert failed.value.exit_code == 5

    def test_of_another_months_run_says_so(self, answered):
        answered()
        with pytest.raises(Fault, match="is a run of 2026-10, not of 2026-09"):
            command.replay("2026-09", as_of="run_1")
