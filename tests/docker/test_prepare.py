import json
import stat
import sys
from pathlib import PurePath
from urllib.parse import urlsplit

import pytest

from deploy.docker import prepare as command
from deploy.docker.addresses import SECRETS
from deploy.docker.prepare import prepare
from deploy.local.credentials import SERVICES
from services.attribution.config.env import AttributionEnvironment
from services.ingestion.config.env import IngestionEnvironment
from services.invoicing.config.env import InvoicingEnvironment
from services.portal.config.env import PortalEnvironment
from shared.runtime.environment import read_environment
from shared.vocabulary.modes import Mode

KINDS = {
    "ingestion": IngestionEnvironment,
    "attribution": AttributionEnvironment,
    "invoicing": InvoicingEnvironment,
    "portal": PortalEnvironment,
}
FROM_THE_PERSON = {"TRUEBACK_STRIPE_API_KEY", "TRUEBACK_STRIPE_WEBHOOK_SECRET"}


def env_file(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_variable_is_one_that_the_service_knows(out):
    for service, kind in KINDS.items():
        known = {f"TRUEBACK_{name.upper()}" for name in kind.model_fields}
        assert set(env_file(out / f"{service}.env")) <= known, service


def test_every_variable_that_a_service_must_have_is_there(out):
    for service, kind in KINDS.items():
        must = {
            f"TRUEBACK_{name.upper()}"
            for name, field in kind.model_fields.items()
            if field.is_required()
        }
        assert must <= set(env_file(out / f"{service}.env")), service


@pytest.mark.parametrize("is_set", [False, True])
def test_the_files_are_a_complete_and_live_environment(out, compose, monkeypatch, is_set):
    """With the secrets where Compose has them before it mounts them."""
    mounted = {
        f"{SECRETS}/{name}": str(out / "secrets" / PurePath(secret["file"]).name)
        for name, secret in compose["secrets"].items()
    }
    for service, kind in KINDS.items():
        with monkeypatch.context() as process:
            for name, value in env_file(out / f"{service}.env").items():
                process.setenv(name, mounted.get(value, value))
            if service == "invoicing" and is_set:
                for name in FROM_THE_PERSON:
                    process.setenv(name, "given_by_the_person_who_runs_it")
            environment = read_environment(kind)
        assert environment.environment == Mode.LIVE
        assert service in environment.allowed_hosts.split(",")


def test_no_service_is_told_what_is_anothers(out):
    told = {service: env_file(out / f"{service}.env") for service in SERVICES}
    shared = {"TRUEBACK_LAKE_URI", "TRUEBACK_S3_ENDPOINT_URL", "TRUEBACK_JWKS"}
    shared |= {"TRUEBACK_ENVIRONMENT", "TRUEBACK_LOG_LEVEL"}
    for service, own in told.items():
        others = {v for name in SERVICES if name != service for v in told[name].values()}
        same = {name for name, value in own.items() if value in others}
        assert same <= shared, service


def test_no_service_is_told_an_administrators_password(out):
    tokens = json.loads((out / "secrets" / "tokens.json").read_text())
    for service in SERVICES:
        text = (out / f"{service}.env").read_text()
        for name in ("postgres", "valkey", "s3.key", "s3.secret", "s3.signing"):
            assert tokens[name] not in text


def test_every_host_is_one_of_the_compose_file(out, compose):
    for service in SERVICES:
        urls = [v for v in env_file(out / f"{service}.env").values() if "://" in v]
        hosts = {urlsplit(url).hostname for url in urls} - {"trueback-lake", "127.0.0.1"}
        assert hosts
        assert hosts <= set(compose["services"])


def test_stripes_file_is_a_template_without_values(out):
    assert env_file(out / "stripe.env") == {}
    assert all(name in (out / "stripe.env").read_text() for name in FROM_THE_PERSON)


def test_every_file_is_readable_by_its_owner_alone(out):
    paths = files_of(out)
    assert len(paths) > 15
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    folders = {out, *(path for path in out.rglob("*") if path.is_dir())}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_a_second_run_changes_nothing(tmp_path):
    prepare(tmp_path / "compose")
    before = files_of(tmp_path / "compose")
    prepare(tmp_path / "compose")
    assert files_of(tmp_path / "compose") == before


def test_an_upgrade_adds_what_is_new_to_what_the_person_wrote(tmp_path):
    prepare(tmp_path)
    whole = env_file(tmp_path / "portal.env")
    (tmp_path / "portal.env").write_text("TRUEBACK_LOG_LEVEL=DEBUG\n")
    prepare(tmp_path)
    assert env_file(tmp_path / "portal.env") == whole | {"TRUEBACK_LOG_LEVEL": "DEBUG"}


def test_a_second_run_keeps_what_the_person_wrote_and_makes_what_is_missing(tmp_path):
    prepare(tmp_path)
    portal = (tmp_path / "portal.env").read_text()
    (tmp_path / "portal.env").unlink()
    (tmp_path / "stripe.env").write_text("TRUEBACK_STRIPE_API_KEY=rk_live_mine\n")
    prepare(tmp_path)
    assert (tmp_path / "portal.env").read_text() == portal
    assert (tmp_path / "stripe.env").read_text() == "TRUEBACK_STRIPE_API_KEY=rk_live_mine\n"


def test_two_stacks_have_no_secret_in_common(out, tmp_path):
    prepare(tmp_path)
    first, second = (
        set(json.loads((folder / "secrets" / "tokens.json").read_text()).values())
        for folder in (out, tmp_path)
    )
    assert first.isdisjoint(second)


def test_the_containers_never_run_as_root(out):
    user = env_file(out / "compose.env")["TRUEBACK_USER"]
    assert all(int(number) > 0 for number in user.split(":"))
    secret = (out / "secrets" / "jwks.json").stat()
    assert user == f"{secret.st_uid}:{secret.st_gid}"


@pytest.mark.parametrize("is_set", [False, True])
def test_the_command_says_what_is_left_to_do_and_no_secret(is_set, tmp_path, monkeypatch, capsys):
    if is_set:
        text = "".join(f"{name}=given\n" for name in sorted(FROM_THE_PERSON))
        (tmp_path / "stripe.env").write_text(text)
    monkeypatch.setattr(sys, "argv", ["prepare", "--out", str(tmp_path)])
    command.main()
    said = capsys.readouterr().out
    tokens = json.loads((tmp_path / "secrets" / "tokens.json").read_text())
    assert not [name for name, token in tokens.items() if token in said]
    assert ("Still to do" in said) is not is_set
    assert ("nothing can be issued" in said) is not is_set
    assert f"docker compose --env-file {tmp_path / 'compose.env'} up" in said
