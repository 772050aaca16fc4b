"""The form of `docker-compose.yml` and of the images; it is not run here."""

import re
import shutil
import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest

from deploy.docker.addresses import PUBLIC_URL, WEB_PORT
from deploy.local.credentials import SERVICES

ROOT = Path(__file__).resolve().parents[2]
OURS = "trueback/"
COMMANDS = {
    "migrate": ["migrate"],
    "web": ["web", "--host", "0.0.0.0", "--port", str(WEB_PORT)],  # noqa: S104 - in a container
    "worker": ["worker"],
    "bus": ["bus"],
    "runner": ["runner"],
}


def kinds_of(service):
    return ["migrate", "web", "worker", "bus", *(["runner"] if service != "portal" else [])]


def name_of(service, kind):
    return service if kind == "web" else f"{service}-{kind}"


PROCESSES = [(service, kind) for service in SERVICES for kind in kinds_of(service)]


@pytest.fixture(scope="session")
def dockerfile():
    """Instructions, with continued lines joined, per stage."""
    text = (ROOT / "deploy" / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    stages, stage = {}, None
    for line in text.splitlines():
        if match := re.match(r"FROM (\S+) AS (\S+)", line):
            stage = stages.setdefault(match[2], [])
        if stage is not None and line.strip() and not line.startswith("#"):
            stage.append(line)
    return stages


def test_there_are_the_servers_and_every_process_of_every_service_and_no_more(compose):
    processes = {name_of(*process) for process in PROCESSES}
    assert set(compose["services"]) == {"postgres", "valkey", "s3", "provision", *processes}


@pytest.mark.parametrize(("service", "kind"), PROCESSES)
class TestEachProcess:
    @pytest.fixture
    def process(self, compose, service, kind):
        return compose["services"][name_of(service, kind)]

    def test_runs_a_uniform_command_of_its_own_image(self, process, service, kind):
        assert process["command"] == COMMANDS[kind]
        assert process["image"] == f"{OURS}{service}"
        assert process["pull_policy"] == "never"

    def test_gets_its_own_secrets_only(self, process, service, kind):
        stripe = ["var/compose/stripe.env"] if service == "invoicing" else []
        more = [f"var/compose/{service}.{kind}.env"] if kind in ("web", "migrate") else []
        writes = service == "invoicing" and kind in ("web", "worker", "runner")
        documents = ["var/compose/invoicing.documents.env"] if writes else []
        assert process["env_file"] == [f"var/compose/{service}.env", *stripe, *documents, *more]
        signing = {"portal-signing-key"} if service == "portal" else set()
        subjects = {"subject-keys"} if service == "portal" or kind == "migrate" else set()
        seals = {"seal-keys"} if writes else set()
        assert set(process["secrets"]) == {
            *("jwks", f"{service}-bus-keys"),
            *signing,
            *subjects,
            *seals,
        }
        assert process["environment"] == {"TRUEBACK_ENVIRONMENT": "live"}

    def test_starts_after_what_it_needs(self, process, service, kind):
        done, healthy = "service_completed_successfully", "service_healthy"
        if kind == "migrate":
            expected = {"provision": {"condition": done}}
        else:
            expected = {
                f"{service}-migrate": {"condition": done},
                "valkey": {"condition": healthy},
            }
        assert process["depends_on"] == expected

    def test_is_restarted_unless_it_runs_to_its_end(self, process, service, kind):
        assert process["restart"] == ("no" if kind == "migrate" else "unless-stopped")

    def test_has_no_right_that_it_does_not_need(self, process, service, kind):
        assert process["user"] == "${TRUEBACK_USER:-1000:1000}"
        assert process["read_only"] is True
        assert process["cap_drop"] == ["ALL"]
        assert process["security_opt"] == ["no-new-privileges:true"]
        assert process["mem_limit"]
        scratch = [f"{service}-scratch:/scratch"] if kind == "runner" else None
        assert process.get("volumes") == scratch

    def test_is_probed_where_it_serves_http(self, process, service, kind):
        probe = str(process.get("healthcheck", {}).get("test", ""))
        assert (f"http://127.0.0.1:{WEB_PORT}/readyz" in probe) is (kind == "web")


def test_one_process_builds_the_image_that_the_others_use(compose):
    built = {n: s["build"] for n, s in compose["services"].items() if "build" in s}
    migrations = {f"{service}-migrate": service for service in SERVICES}
    assert set(built) == {"provision", *migrations}
    for name, service in migrations.items():
        target = "portal" if service == "portal" else "service"
        assert built[name]["args"] == {"SERVICE": service}
        assert built[name]["target"] == target
        assert built[name]["dockerfile"] == "deploy/docker/Dockerfile"
    assert built["provision"]["target"] == "provision"


def test_only_the_portal_is_published_and_on_loopback(compose):
    published = {n: s["ports"] for n, s in compose["services"].items() if "ports" in s}
    assert published == {"portal": [f"127.0.0.1:8400:{WEB_PORT}"]}
    assert PUBLIC_URL == "http://127.0.0.1:8400"


def test_the_servers_are_reached_by_the_services_alone(compose):
    assert compose["networks"]["servers"] == {"internal": True}
    for name in ("postgres", "valkey", "s3", "provision"):
        assert compose["services"][name]["networks"] == ["servers"]


def test_the_servers_are_official_images_of_a_fixed_version_with_probe_limit_and_volume(compose):
    images = {"postgres": "postgres:18", "valkey": "valkey/valkey:9"}
    images["s3"] = "chrislusf/seaweedfs:4.48"
    for name, image in images.items():
        server = compose["services"][name]
        assert server["image"] == image
        assert server["healthcheck"]["test"]
        assert server["mem_limit"]
        assert server["restart"] == "unless-stopped"
        assert [volume.split(":")[0] for volume in server["volumes"]] == [name]


def test_every_secret_and_environment_file_is_one_that_prepare_makes(compose, out):
    files = [secret["file"] for secret in compose["secrets"].values()]
    files += [file for s in compose["services"].values() for file in s.get("env_file", [])]
    assert files
    for file in files:
        assert (out / Path(file).relative_to("var/compose")).is_file(), file


def test_only_provisioning_holds_the_administrators_secrets(compose):
    holders = {name for name, s in compose["services"].items() if "tokens" in s.get("secrets", [])}
    assert holders == {"provision"}


def test_an_image_holds_shared_and_its_own_service_only(dockerfile):
    copied = {
        name: [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
        for name, lines in dockerfile.items()
    }
    assert copied["base"] == [["--from=dependencies", "/opt/trueback"], ["shared"]]
    assert copied["service"] == [["services/__init__.py"], ["services/${SERVICE}"]]
    assert copied["portal"] == [["--from=assets", "/build/portal/static"]]
    allowed = {"deploy/__init__.py", "deploy/local", "deploy/docker"}
    assert {source for sources in copied["provision"] for source in sources} == allowed
    for name, base in {"service": "base", "provision": "base", "portal": "service"}.items():
        assert dockerfile[name][0] == f"FROM {base} AS {name}"


def test_an_image_runs_as_an_ordinary_user_with_pinned_dependencies(dockerfile):
    for name in ("service", "provision"):
        assert "USER 1000:1000" in dockerfile[name]
    install = " ".join(dockerfile["dependencies"])
    assert install.count("--require-hashes") == 2


def test_nothing_but_sources_can_get_into_a_layer():
    lines = (ROOT / "deploy/docker/Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if rule.startswith("!var")]


def test_the_services_pins_are_those_of_the_development_machine():
    pins = {
        name: dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-services.lock")
    }
    assert "django" in pins["requirements-services.lock"]
    assert pins["requirements-services.lock"].items() <= pins["requirements.lock"].items()


def test_the_images_have_what_the_broker_is_reached_with():
    """An extra of kombu that `pip` does not install by itself."""
    lock = (ROOT / "requirements-services.lock").read_text()
    needed = [r for r in requires("kombu") or [] if 'extra == "redis"' in r]
    names = {re.split(r"[^A-Za-z0-9_-]", requirement)[0] for requirement in needed}
    assert "redis" in names
    assert names <= set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs Docker Compose")
def test_compose_itself_accepts_the_file(out, tmp_path):
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    shutil.copytree(out, tmp_path / "var" / "compose")
    done = subprocess.run(
        ["docker-compose", "--env-file", "var/compose/compose.env", "config", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
