"""What `shared/vocabulary` names is written nowhere else: whole literals, not words in a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.vocabulary import recipients
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import State, StripeStatus
from shared.vocabulary.methods import Method
from shared.vocabulary.modes import Mode
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.proposals import ProposalRefusal
from shared.vocabulary.roles import Role
from shared.vocabulary.troubles import TroubleCode, TroubleKind
from tests.architecture.test_tidy import PRODUCT, ROOT, tracked
from tests.architecture.trees import tree_of

ENUMS = (
    *(State, StripeStatus, PeriodState, Role, Method, Disclosure, Mode, AuditAction),
    *(TroubleKind, TroubleCode, ProposalRefusal),
)
PREFIXES = {
    value for value in vars(recipients).values() if isinstance(value, str) and value.endswith(":")
} - {""}
# Also names of columns and fields, and words of other things: these are refused only where they
# stand for a value of the vocabulary, see FIELDS.
AMBIGUOUS = {
    *("rule", "label", "pod", "task", "default", "none"),
    *("open", "closed", "service", recipients.UNALLOCATED),
    *Mode,
}
WORDS = {member.value for enum in ENUMS for member in enum} - AMBIGUOUS
FIELDS = {
    "state": {*State, *PeriodState},
    "period_state": {*PeriodState},
    "from_state": {*State},
    "to_state": {*State},
    "status": {*StripeStatus},
    "stripe_status": {*StripeStatus},
    "role": {*Role},
    "method": {*Method},
    "disclosure": {*Disclosure},
    "mode": {*Mode},
    "environment": {*Mode},
    "tenant": {recipients.UNALLOCATED},
    "recipient": {recipients.UNALLOCATED},
    "key": {recipients.UNALLOCATED},
}
ELSEWHERE = {
    "shared/vocabulary": "the vocabulary itself",
    "shared/contracts": "schemas of messages, with examples",
    "shared/configuration": "the schema of trueback.yaml",
    "deploy/stripe_standin": "speaks Stripe's protocol without a word of ours",
    "deploy/sample_company": "the truth that the product is held against is made without it",
    "deploy/page_previews": "examples of pages, as tests have them",
}
# Names of fields that a value of the vocabulary is named like.
NAMED_ALIKE = {
    ("services/portal/views/invoice_file.py", State.PARKED),
    ("services/invoicing/operations/stripe_steps.py", State.DRAFT),
}
SQL_LITERAL = re.compile(r"'((?:[^']|'')*)'")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_elsewhere(path: Path) -> bool:
    return name_of(path).startswith(tuple(f"{folder}/" for folder in ELSEWHERE))


def is_word(text: str) -> bool:
    return text in WORDS or text.startswith(tuple(PREFIXES))


def field_of(node: ast.AST) -> str:
    """What a value is called where it is looked at: `state` of `invoice.state`, `row["state"]`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def strings(node: ast.AST) -> Iterator[ast.Constant]:
    """Itself, or those of a tuple, list or set."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from strings(element)


def values_of_fields(tree: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    """Literals that a field is compared with, or set to by keyword."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for field in filter(None, map(field_of, sides)):
                for side in sides:
                    yield from ((field, text) for text in strings(side))
        if isinstance(node, ast.keyword) and node.arg:
            field = node.arg.removesuffix("__in")
            yield from ((field, text) for text in strings(node.value))


def docstrings(tree: ast.AST) -> set[int]:
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The words of the vocabulary that are written out in this Python, with their lines."""
    tree = tree_of(source)
    texts = docstrings(tree)
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in texts and is_word(node.value):
            yield node.lineno, node.value
    for field, node in values_of_fields(tree):
        if node.value in AMBIGUOUS & FIELDS.get(field, set()):
            yield node.lineno, node.value


def literals_in_sql(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.partition("--")[0]
        yield from ((number, word) for word in SQL_LITERAL.findall(code) if is_word(word))


def test_the_vocabulary_is_not_empty():
    assert len(WORDS) > 20
    assert len(PREFIXES) == 6


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 'in_review'", [1]),
        ("x = {'paid': 1}", [1]),
        ("x = 'pool:nat'", [1]),
        ("x = f'idle:{y}'", [1]),
        ("x = row['state'] == 'open'", [1]),
        ("f(method='label')", [1]),
        ("x = settings.ENVIRONMENT.environment == 'demo'", [1]),
        ("f(state__in=('closed', 'x'))", [1]),
        ("'''paid'''", []),
        ("x = 'it is paid'", []),
        ("x = {'label': 'open', 'unallocated': 1}", []),
        ("x = door == 'open'", []),
    ],
)
def test_a_literal_is_told_from_a_word_in_a_text(source, lines):
    assert [line for line, _ in literals(source)] == lines


@pytest.mark.parametrize(
    ("text", "count"),
    [("WHERE x = 'pool:'", 1), ("starts_with(x, 'idle:' || y)", 1), ("SELECT 1 -- 'pool:'", 0)],
)
def test_quoted_literals_of_sql_are_seen(text, count):
    assert len(list(literals_in_sql(text))) == count


def test_python_takes_its_words_from_the_vocabulary():
    written = [
        f"{name_of(path)}:{line}: {word}"
        for path in PRODUCT
        if not is_elsewhere(path)
        for line, word in literals(path.read_text())
        if (name_of(path), word) not in NAMED_ALIKE
    ]
    assert written == []


def test_sql_takes_its_words_from_the_vocabulary():
    written = [
        f"{name_of(path)}:{line}: {word}"
        for path in tracked("services/*.sql", "shared/*.sql")
        for line, word in literals_in_sql(path.read_text())
    ]
    assert written == []


@pytest.mark.parametrize("folder", ELSEWHERE)
def test_what_is_left_out_is_there(folder):
    assert (ROOT / folder).is_dir()
