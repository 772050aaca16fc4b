"""What says that the product is right is no part of it."""

import ast

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


def borrowed(source):
    """What of it isn't the checker's own, a library's or Python's."""
    return [
        name
        for name in imported(source)
        if name.startswith((*PRODUCT, "."))
        or (name.startswith("tests") and not name.startswith("tests.checker."))
    ]


def test_the_checker_imports_nothing_of_the_product():
    files = list((ROOT / "tests" / "checker").glob("*.py"))
    assert files
    assert {file.name: found for file in files if (found := borrowed(file.read_text()))} == {}


def test_an_import_of_the_product_is_seen():
    assert borrowed("import json\nfrom shared.money import Money") == ["shared.money"]
    assert borrowed("def f():\n    import services.invoicing.domain") == [
        "services.invoicing.domain"
    ]
    assert borrowed("from tests.bills import lines") == ["tests.bills"]
