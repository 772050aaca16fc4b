"""The whole stack as data: which processes, in which order, and how to talk to them."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import services
from deploy.local.credentials import SERVICES
from deploy.local.home import Home
from deploy.local.movement import processor_times
from deploy.local.process import Process, answers_http, child_environment
from deploy.local.servers import Servers, find_servers
from deploy.local.waiting import POLL_SECONDS, Patience
from shared.faults import Fault

# The folder that holds `services`.
ROOT: Final = Path(services.__path__[0]).resolve().parent
_OURS: Final = "TRUEBACK_"
_WITH_RUNNER: Final = frozenset({"ingestion", "attribution", "invoicing"})
_WRITES_DOCUMENTS: Final = frozenset({"web", "worker", "runner", "verify_documents"})
_STOP_SECONDS: Final = 15


def existing_services() -> list[str]:
    return [name for name in SERVICES if (ROOT / "services" / name / "manage.py").exists()]


def manage_process(servers: Servers, service: str, *arguments: str, name: str = "") -> Process:
    name = name or f"{service}.{arguments[0]}"
    return Process(
        name=name,
        args=(sys.executable, "-m", f"services.{service}.manage", *arguments),
        env=servers.service_environment(service)
        | _environment_of(servers, service, arguments[0])
        | {"TRUEBACK_INSTANCE": name},
        group="background",
        cwd=ROOT,
        stop_seconds=_STOP_SECONDS,
    )


def _environment_of(servers: Servers, service: str, command: str) -> dict[str, str]:
    """Who answers customers has their login, who migrates the owner's; nobody else has either."""
    environment = servers.documents_environment(service) if command in _WRITES_DOCUMENTS else {}
    more = {"web": servers.web_environment, "migrate": servers.migrate_environment}.get(command)
    return environment | (more(service) if more else {})


def stripe_process(servers: Servers) -> Process:
    """Stripe's stand-in; its secrets go by the environment, which only its owner can read."""
    webhook_url = f"{servers.service_url('invoicing')}/webhooks/stripe"
    arguments = (
        *("--port", str(servers.ports["stripe"])),
        *("--data", str(servers.home.data / "stripe")),
        *("--webhook-url", webhook_url),
    )
    return Process(
        name="stripe",
        args=(sys.executable, "-m", "deploy.stripe_standin", *arguments),
        env={
            "STANDIN_API_KEY": servers.credentials["stripe.api_key"],
            "STANDIN_WEBHOOK_SECRET": servers.credentials["stripe.webhook"],
        },
        group="stripe",
        cwd=ROOT,
        ready_check=answers_http(f"{servers.stripe_url}/readyz"),
    )


def service_processes(servers: Servers) -> list[Process]:
    processes = []
    for service in existing_services():
        processes.append(_web_process(servers, service))
        kinds = ["bus", "worker", *(["runner"] if service in _WITH_RUNNER else [])]
        processes += [manage_process(servers, service, kind) for kind in kinds]
    return processes


def _web_process(servers: Servers, service: str) -> Process:
    port = servers.ports[service]
    base = manage_process(servers, service, "web", "--port", str(port))
    return Process(
        name=base.name,
        args=base.args,
        env=base.env,
        group="web",
        cwd=base.cwd,
        stop_seconds=_STOP_SECONDS,
        ready_check=answers_http(f"http://127.0.0.1:{port}/readyz"),
    )


def assets_process() -> Process:
    """As the person who starts it, since npm has settings there; without our own, such as keys."""
    return Process(
        name="assets",
        args=(sys.executable, "-m", "deploy.local.assets"),
        env={name: text for name, text in os.environ.items() if not name.startswith(_OURS)},
        group="background",
        cwd=ROOT,
    )


class ManageFailed(Fault):
    """A command of a service; `complaint` is what it wrote, of a fault a sentence for a person."""

    def __init__(self, what: str, complaint: str) -> None:
        super().__init__(f"{what}: {complaint}")
        self.complaint = complaint


@dataclass(frozen=True)
class Stack:
    """A running stack, for those who drive it: the demo, the fault runs, the checkers."""

    servers: Servers

    @property
    def home(self) -> Home:
        return self.servers.home

    @property
    def portal_url(self) -> str:
        return self.servers.service_url("portal")

    @property
    def stripe_url(self) -> str:
        return self.servers.stripe_url

    @property
    def stripe_api_key(self) -> str:
        return self.servers.credentials["stripe.api_key"]

    def service_url(self, service: str) -> str:
        return self.servers.service_url(service)

    def run_manage(self, service: str, *arguments: str) -> str:
        """What a service's own command prints; raises ManageFailed if it fails."""
        process = manage_process(self.servers, service, *arguments)
        with subprocess.Popen(
            process.args,
            cwd=process.cwd,
            env=child_environment(process.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            output, errors = _output(running, f"end of {process.name}")
        if running.returncode != 0:
            complaint = (errors or output).strip()[-2000:]
            raise ManageFailed(f"{service} {' '.join(arguments)} failed", complaint)
        return output

    def stripe_control(self, method: str, name: str, wish: Mapping[str, Any] | None = None) -> Any:
        """The stand-in's `/_control/<name>`: invoices, calls, violations, faults, advance_clock."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.stripe_url}/_control/{name}",
            data=None if wish is None else json.dumps(wish).encode(),
            headers={"Authorization": f"Bearer {self.stripe_api_key}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def _output(running: subprocess.Popen[str], what: str) -> tuple[str, str]:
    """What it prints and complains of until its end; raises Stuck, and ends it, where it hangs."""

    def look() -> tuple[str, str] | None:
        try:
            return running.communicate(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    patience = Patience(moves=lambda: processor_times([running.pid]))
    try:
        return patience.until(what, look, poll=0)
    except BaseException:
        running.kill()
        raise


def running_stack(home: Home) -> Stack:
    return Stack(find_servers(home))
