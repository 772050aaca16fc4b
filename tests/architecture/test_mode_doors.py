"""Every place that asks for the mode, and the test that asks it in the other modes.

What a demo or a test may do and a live stack may not hangs on the mode alone. A place that is new
fails here until a test is named that goes through it from outside.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.vocabulary.modes import Mode
from tests.architecture.test_tidy import PRODUCT, ROOT, tracked
from tests.architecture.trees import nodes_of, tree_of

# What opens or shuts something by the mode.
DOORS = {
    "deploy/commands/corrections.py: _with_differences": (
        "tests/command/test_corrections_command.py",
        "test_prints_accounts_as_json_with_what_they_are_off_by",
    ),
    "services/portal/views/access.py: only_in": (
        "tests/portal/test_demo.py",
        "test_no_address_of_it_is_there_for_anybody_by_any_method",
    ),
    "services/portal/views/demo.py: demo_person": (
        "tests/portal/test_demo.py",
        "test_every_view_of_it_is_marked",
    ),
    "services/portal/views/demo.py: demo_tour": (
        "tests/portal/test_demo.py",
        "test_every_view_of_it_is_marked",
    ),
    "services/portal/views/demo.py: demo_frame": (
        "tests/portal/test_demo.py",
        "test_no_page_offers_it",
    ),
    "services/invoicing/config/env.py: InvoicingEnvironment": (
        "tests/invoicing/test_without_stripe.py",
        "test_of_a_live_stack_has_no_stand_in",
    ),
    "shared/runtime/environment.py: ServiceEnvironment": (
        "tests/shared/test_fault_injection.py",
        "test_are_none_but_in_tests",
    ),
    "shared/runtime/environment.py: checked_file": (
        "tests/shared/test_secrets.py",
        "test_are_in_a_file_that_is_there",
    ),
    "deploy/commands/stack.py: up": (
        "tests/local/test_modes.py",
        "test_start_their_own_mode_whatever_the_shell_says",
    ),
    "deploy/commands/stack.py: demo": (
        "tests/local/test_modes.py",
        "test_the_demo_deletes_no_live_stack",
    ),
    "deploy/demo/run.py: run_demo": (
        "tests/local/test_modes.py",
        "test_start_their_own_mode_whatever_the_shell_says",
    ),
    "deploy/local/home.py: Home": ("tests/local/test_modes.py", "test_is_refused_to_another_mode"),
    "deploy/local/session.py: reset_home": (
        "tests/local/test_modes.py",
        "test_of_a_live_stack_is_deleted_for_a_live_one_alone",
    ),
    "deploy/local/plan.py: WHOLE_STACK": (
        "tests/local/test_modes.py",
        "test_has_no_stand_in_and_nothing_of_one",
    ),
    "deploy/local/servers.py: Servers": (
        "tests/local/test_modes.py",
        "test_has_no_stand_in_and_nothing_of_one",
    ),
    "deploy/local/servers.py: find_servers": (
        "tests/local/test_modes.py",
        "test_remembers_its_mode",
    ),
    "deploy/local/servers.py: prepare_servers": (
        "tests/local/test_modes.py",
        "test_prefers_the_port_that_a_person_types_but_in_tests",
    ),
    "deploy/local/servers.py: start_servers": (
        "tests/local/test_servers.py",
        "test_is_started_for_tests_alone",
    ),
    "deploy/docker/addresses.py: compose_servers": (
        "tests/docker/test_prepare.py",
        "test_the_files_are_a_complete_and_live_environment",
    ),
}
# What only says which mode it is, to people and to Stripe.
SAYS_SO = {
    "services/portal/views/frame.py: frame",
    "services/invoicing/operations/perform_at_stripe.py: _intend",
    "services/invoicing/queries/invoice_files.py: invoice_content",
    "services/invoicing/queries/note_files.py: note_content",
    "services/invoicing/queries/account_files.py: statement_pdf",
    "services/invoicing/domain/statement_document.py: statement_document",
    "services/invoicing/domain/credit_note_document.py: _watermark",
    "services/invoicing/domain/invoice_document.py: _BANNERS",
    "services/invoicing/domain/invoice_document.py: _watermark",
    "deploy/page_previews/customer_months.py: write_documents",
    "deploy/page_previews/operator.py: frame",
    "deploy/page_previews/render.py: render",
}
# Their `environment` is all that a process is given, or a tag of AWS resources.
NO_MODE = {
    "deploy/commands/checks.py",
    "deploy/sample_company/configuration.py",
    "shared/messaging/producer/relay.py",
}
# A template knows the mode by the frame; the demo's part is there where its view gives it one.
TEMPLATES = {
    "services/portal/templates/portal/base.html",
    "services/portal/templates/portal/customer/invoice.html",
    "services/portal/templates/portal/parts/demo.html",
}


def name_of(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return type(statement).__name__


def asks_for_the_mode(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="Mode")) | ast.Attribute(attr="environment"):
            return True
        case ast.Constant(value="environment") | ast.Constant(value="TRUEBACK_ENVIRONMENT"):
            return True
    return False


def places_in(source: str) -> Iterator[str]:
    for statement in tree_of(source).body:
        if any(map(asks_for_the_mode, ast.walk(statement))):
            yield name_of(statement)


def places() -> set[str]:
    files = [(path, str(path.relative_to(ROOT))) for path in PRODUCT]
    return {
        f"{name}: {place}"
        for path, name in files
        if name not in NO_MODE
        for place in places_in(path.read_text())
    }


def names_of_functions(path: Path) -> set[str]:
    nodes = nodes_of(path.read_text())
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(): return settings.ENVIRONMENT.environment == 'demo'", ["f"]),
        ("def f():\n    def g(): return x == Mode.DEMO", ["f"]),
        ("class C:\n    def f(self): return info.data['environment']", ["C"]),
        ("OPEN = {Mode.TEST: 1}", ["OPEN"]),
        ("if os.environ['TRUEBACK_ENVIRONMENT'] == 'demo': pass", ["If"]),
        ("def f(environment): return environment", []),
        ("def f(mode: Mode): return mode", []),
    ],
)
def test_a_place_that_asks_for_the_mode_is_found(source, found):
    assert list(places_in(source)) == found


def test_every_place_that_asks_for_the_mode_is_known():
    assert places() == DOORS.keys() | SAYS_SO


@pytest.mark.parametrize("door", DOORS)
def test_every_door_is_asked_from_outside(door):
    file, test = DOORS[door]
    assert test in names_of_functions(ROOT / file)


def test_a_demo_is_started_by_one_command_alone():
    naming = {
        str(path.relative_to(ROOT))
        for path in PRODUCT
        if re.search(r"stack_session\(|start_detached\(|supervise\(", path.read_text())
    }
    starting = {
        "deploy/commands/stack.py": {Mode.LIVE},
        "deploy/demo/run.py": {Mode.DEMO},
        # They pass on what they are given.
        "deploy/local/session.py": set(),
        "deploy/local/supervisor.py": set(),
    }
    assert naming == set(starting)
    for name, modes in starting.items():
        calls = [
            node
            for node in nodes_of((ROOT / name).read_text())
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"stack_session", "start_detached", "supervise"}
        ]
        given = {ast.unparse(call.args[1]) for call in calls} - {"mode"}
        assert given == {f"Mode.{mode.name}" for mode in modes}, name


def test_no_other_template_knows_the_mode():
    asking = {
        str(path.relative_to(ROOT))
        for path in tracked("services/*.html")
        if re.search(r"frame\.(environment|demo\b)|demo_(person|tour)", path.read_text())
    }
    assert asking == TEMPLATES
