"""What `shared/vocabulary` names is written nowhere else: whole literals, not words in a text."""

import ast
import re
from collections.abc import Iterable, Iterator
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
from tests.architecture.trees import nodes_of

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
    "deploy/true_up_checker": "checks the product without a word of it",
    "deploy/page_previews": "examples of pages, as tests have them",
}
# Names of fields that a value of the vocabulary is named like.
NAMED_ALIKE = {
    ("services/portal/views/invoice_file.py", State.PARKED),
    ("services/invoicing/operations/stripe_steps.py", State.DRAFT),
}
# A comment, block or to the line's end, or a text.
SQL_TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|'((?:[^']|'')*)'", re.DOTALL)
# `method = 'pod'`, `method IN ('pod', 'task')`, `coalesce(x, 'none') AS method`.
SQL_FIELD = re.compile(
    r"\b(?P<field>\w+)\s*(?:=|<>|!=|(?:NOT\s+)?IN\s*\()\s*(?P<compared>(?:'[^']*'[\s,]*)+)"
    r"|(?P<written>(?:'[^']*'[^,';]*)+)\bAS\s+(?P<name>\w+)",
    re.IGNORECASE,
)

TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TEMPLATE_TEXT = re.compile(
    r"""(?P<field>[\w.]+) (?:==|!=) (?P<quote>["'])(?P<compared>.*?)(?P=quote)"""
    r"""|(?P<other>["'])(?P<text>.*?)(?P=other)"""
)
SCRIPT_TEXT = re.compile(r"""(["'`])(.*?)\1""")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def is_elsewhere(path: Path) -> bool:
    return name_of(path).startswith(tuple(f"{folder}/" for folder in ELSEWHERE))


def is_word(text: str) -> bool:
    return text in WORDS or text.startswith(tuple(PREFIXES))


def field_of(node: ast.AST) -> str:
    """What a value is called where it is looked at: `state` of `invoice.state`, `row["state"]`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.arg(arg=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(name)), *_]
        ):
            return name
        case ast.keyword(arg=str(name)):
            # Of a lookup of Django, `period__state__in`, the last part that is a field.
            return next((part for part in reversed(name.split("__")) if part in FIELDS), name)
        case ast.Constant(value=str(name)):
            return name  # the key of a dict
    return ""


def strings(node: ast.AST | None) -> Iterator[ast.Constant]:
    """Itself, or those that it may be: of a tuple, list or set, `x if y else z`, `Literal[...]`."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            for part in parts:
                yield from strings(part)
        case ast.IfExp(body=one, orelse=other):
            yield from (*strings(one), *strings(other))
        case ast.BoolOp(values=parts) | ast.Call(func=ast.Name(), args=parts):
            for part in parts:
                yield from strings(part)
        case ast.Subscript(
            value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=part
        ):
            yield from strings(part)
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            yield from (*strings(one), *strings(other))


def fields_and_values(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """What this piece of Python compares a field with, or sets it to."""
    match node:
        case ast.Compare(left=left, comparators=comparators):
            sides = [left, *comparators]
            yield from ((field, side) for field in sides for side in sides if field is not side)
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            yield from ((target, annotation), (target, value))
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.keyword(value=value):
            yield node, value
        case ast.Dict(keys=keys, values=values):
            yield from ((key, value) for key, value in zip(keys, values, strict=True) if key)
        case ast.Match(subject=subject, cases=cases):
            patterns = (each for case in cases for each in ast.walk(case.pattern))
            yield from ((subject, each.value) for each in patterns if hasattr(each, "value"))
        case ast.arguments():
            positional = [*node.posonlyargs, *node.args]
            given = len(positional) - len(node.defaults)
            yield from zip(positional[given:], node.defaults, strict=True)
            yield from zip(node.kwonlyargs, node.kw_defaults, strict=True)
            yield from ((each, each.annotation) for each in (*positional, *node.kwonlyargs))


def values_of_fields(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.Constant]]:
    """Literals that a field is compared with, or set to."""
    for node in nodes:
        for field, value in fields_and_values(node):
            if not (isinstance(node, ast.Compare) and isinstance(field, ast.Constant)):
                yield from ((field_of(field), text) for text in strings(value))


def docstrings(nodes: Iterable[ast.AST]) -> set[int]:
    return {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def literals(source: str) -> Iterator[tuple[int, str]]:
    """The words of the vocabulary that are written out in this Python, with their lines."""
    nodes = nodes_of(source)
    texts = docstrings(nodes)
    for node in nodes:
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in texts and is_word(node.value):
            yield node.lineno, node.value
    for field, node in values_of_fields(nodes):
        if node.value in AMBIGUOUS & FIELDS.get(field, set()):
            yield node.lineno, node.value


def literals_in_sql(text: str) -> Iterator[tuple[int, str]]:
    code = SQL_TOKEN.sub(lambda token: token[0] if token[0][0] == "'" else "", text)
    for token in SQL_TOKEN.finditer(code):
        if is_word(token[1]):
            yield code.count("\n", 0, token.start()) + 1, token[1]
    for place in SQL_FIELD.finditer(code):
        field = (place["field"] or place["name"]).lower()
        for word in re.findall(r"'([^']*)'", place["compared"] or place["written"]):
            if word in AMBIGUOUS & FIELDS.get(field, set()):
                yield code.count("\n", 0, place.start()) + 1, word


def literals_in_template(text: str) -> Iterator[str]:
    """In tags: a name of a class, or what a page says, is nobody's state."""
    for tag in TEMPLATE_TAG.findall(text):
        for place in TEMPLATE_TEXT.finditer(tag):
            word, field = place["compared"] or place["text"] or "", place["field"] or ""
            # The proof's parts have keys of their own, of which one is called like a recipient.
            values = FIELDS.get(field.rpartition(".")[2], set()) - {recipients.UNALLOCATED}
            if is_word(word) or word in AMBIGUOUS & values:
                yield word


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
        ("f(period__state__exact='closed')", [1]),
        ("invoice.state = 'open'", [1]),
        ("state: str = 'open'", [1]),
        ("state: Literal['open', 'x']", [1]),
        ("x = {'state': 'open'}", [1]),
        ("x = row.get('state', '') == 'open'", [1]),
        ("x = period.state in frozenset({'open'})", [1]),
        ("state = 'closed' if x else 'y'", [1]),
        ("x = (state := 'open')", [1]),
        ("def f(a, state='open'): ...", [1]),
        ("def f(*, mode: Literal['demo']): ...", [1]),
        ("match period.state:\n    case 'x' | 'closed': ...", [2]),
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
    [
        ("WHERE x = 'pool:'", 1),
        ("starts_with(x, 'idle:' || y)", 1),
        ("SELECT 1 -- 'pool:'", 0),
        ("/* 'pool:'\n */ SELECT 1", 0),
        ("SELECT '--' || 'pool:'", 1),
        ("WHERE method = 'label'", 1),
        ("WHERE method NOT IN ('pod',\n    'task')", 2),
        ("SELECT 'rule' AS method", 1),
        ("coalesce(drivers.method, 'none') AS method", 1),
        ("CASE WHEN x THEN 'pod' ELSE 'none' END AS method", 2),
        ("CASE WHEN x THEN 'pod' END AS kind, 'x' AS method", 0),
        ("WHERE kind = 'pod'", 0),
    ],
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


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{% if invoice.state == "issued" %}', 1),
        ("{% if x and period.state != 'open' %}", 1),
        ('{% include "x.html" with state="paid" %}', 1),
        ('{% chip "invoice" "void" %}', 1),
        ('{{ state|default:"draft" }}', 1),
        ('<p class="paid">paid "paid"</p>', 0),
        ('{% if state|is_word:"State.PAID" %}', 0),
        ('{% if door == "open" %}', 0),
    ],
)
def test_literals_of_templates_are_seen(text, count):
    assert len(list(literals_in_template(text))) == count


def test_templates_and_scripts_of_pages_take_their_words_from_the_vocabulary():
    templates = {
        f"{name_of(path)}: {word}"
        for path in tracked("services/*.html")
        for word in literals_in_template(path.read_text())
    }
    scripts = {
        f"{name_of(path)}: {word}"
        for path in tracked("services/portal/frontend/*.js")
        for _, word in SCRIPT_TEXT.findall(path.read_text())
        if is_word(word)
    }
    assert templates | scripts == set()


@pytest.mark.parametrize("folder", ELSEWHERE)
def test_what_is_left_out_is_there(folder):
    assert (ROOT / folder).is_dir()
