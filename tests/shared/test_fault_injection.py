from shared.runtime.environment import ServiceEnvironment
from shared.vocabulary.modes import Mode


def environment(fault_injection, name=Mode.TEST):
    return ServiceEnvironment.model_construct(environment=name, fault_injection=fault_injection)


class TestInjectedFaults:
    def test_are_those_that_are_listed(self):
        assert environment("drop_acks,inbox_off").injects("inbox_off")
        assert not environment("drop_acks").injects("inbox_off")
        assert not environment("").injects("inbox_off")

    def test_begin_and_end_with_what_a_file_says(self, tmp_path):
        file = tmp_path / "faults"
        injected = environment(f"@{file}")
        assert not injected.injects("inbox_off")
        file.write_text("inbox_off\n")
        assert injected.injects("inbox_off")
        file.write_text("")
        assert not injected.injects("inbox_off")

    def test_are_none_but_in_tests(self):
        for mode in set(Mode) - {Mode.TEST}:
            assert not environment("inbox_off", name=mode).injects("inbox_off")
