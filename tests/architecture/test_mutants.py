"""A mutant whose text is gone from the code would show nothing, and nobody would notice."""

import pytest

from tests.mutants.__main__ import ROOT, read_mutants


@pytest.mark.parametrize("mutant", read_mutants(), ids=lambda mutant: mutant.what)
def test_each_is_of_a_line_that_is_there_and_of_tests_that_are(mutant):
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.apply(text) != text
    assert all((ROOT / path).exists() for path in mutant.tests.split())
