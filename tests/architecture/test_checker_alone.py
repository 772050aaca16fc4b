"""What says that the product is right is no part of it."""

import ast

import pytest

from tests.architecture.test_tidy import ROOT
from tests.architecture.trees import nodes_of

PRODUCT = ("services", "shared", "deploy")


def imported(source):
    for node in nodes_of(source):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, level=level):
                yield "." * level + (module or "")


def borrowed(source, *own):
    """What of it isn't the checker's own, a library's or Python's."""
    return [
        name
        for name in imported(source)
        if name.startswith((*PRODUCT, "tests", ".")) and not name.startswith(own)
    ]


@pytest.mark.parametrize(
    ("folder", "own"),
    [
        ("tests/checker", ["tests.checker."]),
        # How a CSV file is written says nothing of what is in it.
        ("deploy/true_up_checker", ["deploy.true_up_checker.", "shared.csv_files"]),
    ],
)
def test_a_checker_imports_nothing_of_what_it_checks(folder, own):
    files = list((ROOT / folder).glob("*.py"))
    assert files
    assert {file.name: found for file in files if (found := borrowed(file.read_text(), *own))} == {}


def test_an_import_of_the_product_is_seen():
    assert borrowed("import json\nfrom shared.money import Money") == ["shared.money"]
    assert borrowed("def f():\n    import services.invoicing.domain") == [
        "services.invoicing.domain"
    ]
    assert borrowed("from tests.bills import lines", "tests.checker.") == ["tests.bills"]
    assert borrowed("from tests.checker.books import Books", "tests.checker.") == []
