"""The servers' command lines of `docker-compose.yml`, with the same servers from wheels."""

import contextlib
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from botocore.exceptions import ClientError

from deploy.docker import provision
from deploy.docker.addresses import compose_servers
from deploy.local.credentials import SERVICES
from deploy.local.ports import assign_ports
from deploy.local.process import Process, answers_http, launch, stop, wait_until_ready
from deploy.local.provision import LAKE_BUCKET, s3_client
from deploy.local.seaweedfs import find_server as find_weed
from deploy.local.servers import start_servers
from deploy.local.valkey import find_server as find_valkey

WEED_PORTS = ("s3", "master", "volume", "filer")


def answers_tcp(port):
    def check():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    return check


def env_file(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


@contextlib.contextmanager
def running(process, log):
    with log.open("wb") as output:
        child = launch(process, output)
    try:
        wait_until_ready(process, child)
        yield
    finally:
        stop(process, child)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("servers")
    made.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def valkey_port(compose, out, folder):
    port = assign_ports(["valkey"], folder / "valkey.json")["valkey"]
    places = {
        "0.0.0.0": "127.0.0.1",  # noqa: S104 - the tests' own server listens here only
        "/run/valkey.acl": str(out / "secrets" / "valkey.acl"),
        "/data": str(folder),
    }
    command = [places.get(part, part) for part in compose["services"]["valkey"]["command"]]
    process = Process(
        name="valkey",
        args=(str(find_valkey()), *command[1:], "--port", str(port)),
        ready_check=answers_tcp(port),
    )
    with running(process, folder / "valkey.log"):
        yield port


@pytest.fixture(scope="module")
def weed_ports(compose, out, folder):
    grpc = [f"{name}.grpc" for name in WEED_PORTS]
    ports = assign_ports([*WEED_PORTS, *grpc], folder / "weed.json")
    process = Process(
        name="s3",
        args=(str(find_weed()), *weed_command(compose, out, folder, ports)),
        env=env_file(out / "s3.env"),
        cwd=folder,
        ready_check=answers_http(f"http://127.0.0.1:{ports['s3']}/healthz"),
        stop_seconds=1,
    )
    with running(process, folder / "weed.log"):
        yield ports
    for name in WEED_PORTS:
        socket = Path(f"/tmp/seaweedfs-{name}-grpc-{ports[f'{name}.grpc']}.sock")  # noqa: S108
        socket.unlink(missing_ok=True)


def weed_command(compose, out, folder, ports):
    (folder / "weed").mkdir()
    instead = {
        "-dir": folder / "weed",
        "-s3.ip.bind": "127.0.0.1",
        "-s3.config": out / "secrets" / "s3.json",
        "-s3.port": ports["s3"],
    }
    for part in compose["services"]["s3"]["command"]:
        flag = part.partition("=")[0]
        yield f"{flag}={instead[flag]}" if flag in instead else part
    yield from (f"-{name}.port={ports[name]}" for name in WEED_PORTS if name != "s3")
    yield from (f"-{name}.port.grpc={ports[f'{name}.grpc']}" for name in WEED_PORTS)
    yield from (f"-{name}.localSocket={folder / name}.sock" for name in ("s3", "filer"))


@pytest.fixture(scope="module")
def postgres_url(folder):
    with start_servers(folder / "home", only={"postgres"}) as servers:
        yield servers.postgres_url
    servers.home.reset()


@pytest.fixture(scope="module")
def provisioned(out, folder, postgres_url, weed_ports):
    """By the one-shot container's own program, with addresses of this machine."""

    def on_this_machine(tokens):
        servers = compose_servers(tokens)
        s3 = replace(servers.s3, endpoint_url=f"http://127.0.0.1:{weed_ports['s3']}")
        return replace(servers, postgres_url=postgres_url, s3=s3)

    mounted = folder / "secrets"
    mounted.mkdir()
    shutil.copy(out / "secrets" / "tokens.json", mounted / "tokens")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provision, "SECRETS", mounted)
        patch.setattr(provision, "compose_servers", on_this_machine)
        return [provision.main(), provision.main()]


def with_host(url, host, port):
    parts = urlsplit(url)
    netloc = f"{parts.netloc.rpartition('@')[0]}@{host}:{port}"
    return urlunsplit(parts._replace(netloc=netloc))


def lake(out, service, ports):
    told = env_file(out / f"{service}.env")
    url = f"http://127.0.0.1:{ports['s3']}"
    return s3_client(url, told["TRUEBACK_S3_ACCESS_KEY"], told["TRUEBACK_S3_SECRET_KEY"])


def test_provisioning_runs_and_runs_again(provisioned):
    assert provisioned == [0, 0]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_its_database_with_what_it_is_told(
    service, out, postgres_url, provisioned
):
    for kind, role, name in (
        ("", "ops", "TRUEBACK_DATABASE_OPS_URL"),
        (".web", "app", "TRUEBACK_DATABASE_URL"),
        (".migrate", "owner", "TRUEBACK_DATABASE_OWNER_URL"),
    ):
        url = env_file(out / f"{service}{kind}.env")[name]
        assert urlsplit(url).hostname == "postgres"
        address = with_host(url, "127.0.0.1", urlsplit(postgres_url).port)
        with psycopg.connect(address) as connection:
            connection.execute(f"set role {service}_{role}")
            assert connection.execute("select current_database()").fetchone() == (service,)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_the_broker_and_can_not_empty_it(service, out, valkey_port):
    url = env_file(out / f"{service}.env")["TRUEBACK_BROKER_URL"]
    assert urlsplit(url).hostname == "valkey"
    with redis.Redis.from_url(with_host(url, "127.0.0.1", valkey_port)) as client:
        assert client.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.flushall()


def test_nobody_reaches_the_broker_without_a_password(valkey_port):
    with (
        redis.Redis(port=valkey_port) as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()


def test_ingestion_writes_to_the_lake_and_the_portal_only_reads(out, weed_ports, provisioned):
    lake(out, "ingestion", weed_ports).put_object(Bucket=LAKE_BUCKET, Key="a", Body=b"1")
    portal = lake(out, "portal", weed_ports)
    assert portal.get_object(Bucket=LAKE_BUCKET, Key="a")["Body"].read() == b"1"
    with pytest.raises(ClientError, match="AccessDenied"):
        portal.put_object(Bucket=LAKE_BUCKET, Key="b", Body=b"1")


def test_the_way_round_s3_asks_for_a_signed_token(weed_ports, provisioned):
    filer = answers_http(
        f"http://127.0.0.1:{weed_ports['filer']}/buckets/", statuses=frozenset({401})
    )
    assert filer()
