"""`make test` knows every suite."""

import re

from tests.architecture.test_tidy import ROOT

# Has its own target of the Makefile.
APART = {"e2e"}


def test_each_folder_of_tests_is_a_suite_of_the_makefile():
    listed = re.search(
        r"^SUITES := (.*?[^\\])$", (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL
    )
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders - APART == set(listed[1].replace("\\", "").split())
