"""A web process waits for others by one door, and its answers are whole.

`shared/outside` bounds how long and by how many threads something outside is waited for. A client
of HTTP, S3 or Stripe that is used past it can stop a service when what it asks stops.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.architecture.test_tidy import PRODUCT, ROOT
from tests.architecture.trees import nodes_of

# What can wait for somebody else, and where it may be imported.
CLIENTS = {
    "httpx": {"shared/outside/http.py"},
    "h11": {"shared/edge/connection.py"},
    "requests": set(),
    "urllib3": set(),
    "urllib.request": set(),
    "http.client": set(),
    "socket": set(),
    "smtplib": set(),
    "aiohttp": set(),
    "boto3": {"shared/lake/storage.py", "services/command/s3.py"},
    "stripe": {"services/invoicing/gateways/stripe/client.py"},
    "redis": {"shared/outside/broker.py"},
}
# Where requests come in.
WEB = ("api", "views", "webhooks")
# What waits for minutes: jobs' alone. A chain of imports may end there where its last step before
# is one of these, which use something else of it, or are used by jobs.
PATIENT = ("shared.lake.lake", "services.invoicing.gateways.stripe.connection")
LET_THROUGH = {
    # Keeps a job's answers there; reads by shared.outside.lake.
    ("services.attribution.operations.ask", "shared.lake.lake"),
    # Asks whether there is a key, and nobody outside.
    ("services.invoicing.queries.issue_refusal", "services.invoicing.gateways.stripe.connection"),
    # A job anchors there; a request seals in the database alone.
    ("services.invoicing.operations.seal_documents", "shared.lake.lake"),
    # Connects once, with a page's patience.
    ("shared.outside.lake", "shared.lake.lake"),
}


def imported(source: str) -> Iterator[str]:
    for node in nodes_of(source):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)


def clients_in(source: str) -> set[str]:
    names = set(imported(source))
    return {
        client for client in CLIENTS if any(f"{name}.".startswith(f"{client}.") for name in names)
    }


def product() -> Iterator[tuple[str, Path]]:
    for path in PRODUCT:
        name = str(path.relative_to(ROOT))
        if name.startswith(("services/", "shared/")):
            yield name, path


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import httpx", {"httpx"}),
        ("def f():\n    from boto3.s3 import transfer", {"boto3"}),
        ("from urllib import request", {"urllib.request"}),
        ("from urllib.parse import quote", set()),
        ("import shared.outside.http", set()),
    ],
)
def test_a_client_is_found(source, found):
    assert clients_in(source) == found


def test_each_client_is_used_by_its_one_door():
    used = {client: set() for client in CLIENTS}
    for name, path in product():
        for client in clients_in(path.read_text()):
            used[client].add(name)
    assert used == CLIENTS


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("services", "shared", cache_dir=None)


@pytest.mark.parametrize("patient", PATIENT)
def test_no_request_comes_to_what_waits_for_minutes(graph, patient):
    for importer, imported_module in LET_THROUGH:
        if imported_module == patient:
            assert graph.direct_import_exists(importer=importer, imported=patient)
            graph.remove_import(importer=importer, imported=patient)
    chains = [
        " > ".join(chain)
        for module in sorted(graph.modules)
        if module.startswith("services.") and module.split(".")[2:3] and module.split(".")[2] in WEB
        if (chain := graph.find_shortest_chain(importer=module, imported=patient))
    ]
    assert chains == []


def test_no_answer_streams():
    """The edge collects an answer before it sends it, so one without an end would fill memory."""
    streaming = re.compile(r"StreamingHttpResponse|FileResponse")
    assert [name for name, path in product() if streaming.search(path.read_text())] == []
