import json
import multiprocessing
import os
import pwd
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from botocore.exceptions import ClientError

from deploy.local.credentials import SERVICES
from deploy.local.home import Home
from deploy.local.provision import provision_broker, provision_databases, s3_client
from deploy.local.servers import Servers, broker_users, provision_servers, start_servers
from deploy.local.stack import manage_process
from shared.faults import BadConfiguration
from shared.lake.storage import Storage
from shared.vocabulary.modes import Mode

ROOT = Path(__file__).parents[2]


def connect(
    servers: Servers, service: str, role: str = "ops", database: str = ""
) -> psycopg.Connection[Any]:
    url = servers.database_url(service, role)
    if database:
        url = url.rpartition("/")[0] + f"/{database}"
    return psycopg.connect(url, autocommit=True)


def s3_of(servers: Servers, service: str) -> Any:
    environment = servers.service_environment(service)
    return s3_client(
        environment["TRUEBACK_S3_ENDPOINT_URL"],
        environment["TRUEBACK_S3_ACCESS_KEY"],
        environment["TRUEBACK_S3_SECRET_KEY"],
    )


class TestEverything:
    def test_is_started_for_tests_alone(self, servers: Servers) -> None:
        assert servers.home.mode == Mode.TEST
        given = {servers.service_environment(name)["TRUEBACK_ENVIRONMENT"] for name in SERVICES}
        assert given == {Mode.TEST}


class TestPostgres:
    @pytest.mark.parametrize("service", SERVICES)
    def test_a_login_has_no_rights_until_it_says_so(self, servers: Servers, service: str) -> None:
        with (
            connect(servers, service, "owner") as owner,
            connect(servers, service, "app") as customers,
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("CREATE TABLE public.intruder (a int)")
            owner.execute(f"SET ROLE {service}_owner")
            owner.execute("CREATE TABLE public.own (a int)")
            customers.execute(f"SET ROLE {service}_app")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                customers.execute("SELECT * FROM public.own")
            owner.execute("DROP TABLE public.own")

    def test_no_role_is_a_superuser_or_passes_row_level_security(self, servers: Servers) -> None:
        with psycopg.connect(servers.postgres_url) as admin:
            rows = admin.execute(
                "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls OR rolcreaterole"
                " OR rolcreatedb) AND rolname != 'postgres'"
            ).fetchall()
        assert rows == []

    def test_a_service_can_neither_enter_nor_become_another(self, servers: Servers) -> None:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            connect(servers, "portal", database="invoicing")
        with (
            connect(servers, "portal") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SET ROLE invoicing_ops")

    def test_nobody_enters_without_a_password(self, servers: Servers) -> None:
        port = servers.ports["postgres"]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres")

    def test_never_runs_as_root(self, servers: Servers) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root would")
        with psycopg.connect(servers.postgres_url) as admin:
            row = admin.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            assert Path(f"/proc/{row[0]}").stat().st_uid != 0

    def test_provisioning_again_changes_nothing(self, servers: Servers) -> None:
        with connect(servers, "portal", "owner") as connection:
            connection.execute("SET ROLE portal_owner")
            connection.execute("CREATE TABLE public.kept AS SELECT 1 AS a")
            provision_servers(servers)
            assert connection.execute("SELECT a FROM public.kept").fetchone() == (1,)
            connection.execute("DROP TABLE public.kept")

    def test_an_unreachable_server_is_a_fault_that_names_the_setting(self) -> None:
        with pytest.raises(BadConfiguration, match="TRUEBACK_POSTGRES_URL"):
            provision_databases("postgresql://a:b@127.0.0.1:1/postgres", {})


class TestValkey:
    def test_a_service_can_use_its_queue_but_not_flush(self, servers: Servers) -> None:
        client: Any = redis.Redis.from_url(servers.broker_url("invoicing"))
        assert client.ping()
        for command in ("FLUSHALL", "CONFIG GET *", "ACL LIST", "SHUTDOWN", "KEYS *"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())
        client.close()

    def test_nobody_enters_without_a_password(self, servers: Servers) -> None:
        client = redis.Redis(port=servers.ports["valkey"])
        with pytest.raises(redis.exceptions.AuthenticationError):
            client.ping()
        client.close()

    def test_never_drops_a_message_for_want_of_memory(self, servers: Servers) -> None:
        client = redis.Redis.from_url(servers.redis_url, decode_responses=True)
        settings = client.config_get("*")
        assert settings["maxmemory-policy"] == "noeviction"
        assert settings["appendonly"] == "yes"
        client.close()


class TestS3:
    def test_each_service_writes_only_where_it_should(self, servers: Servers) -> None:
        lake = {"Bucket": "trueback-lake", "Key": "bills/part-0.parquet"}
        s3_of(servers, "ingestion").put_object(**lake, Body=b"bill")
        assert s3_of(servers, "portal").get_object(**lake)["Body"].read() == b"bill"
        for service, wish in (
            ("portal", lake),
            ("invoicing", lake),
            ("ingestion", {"Bucket": "aws-export", "Key": "forged"}),
            ("attribution", {"Bucket": "aws-export", "Key": "forged"}),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                s3_of(servers, service).put_object(**wish, Body=b"no")

    def test_every_port_is_on_loopback_only(self, servers: Servers) -> None:
        listening = {
            bytes.fromhex(line.split()[1].partition(":")[0])[::-1]
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if line.split()[3] == "0A"
            and int(line.split()[1].partition(":")[2], 16) in servers.ports.values()
        }
        assert listening == {bytes([127, 0, 0, 1])}

    def test_keeps_an_anchor_as_it_was_written_first(self, servers: Servers) -> None:
        storage = Storage(s3_of(servers, "invoicing"))
        uri = "s3://trueback-lake/anchors/invoicing/2026-11-29.json"
        assert storage.write_once(b"first", uri)
        assert not storage.write_once(b"second", uri)
        assert storage.read(uri) == b"first"

    @pytest.mark.parametrize(
        "key", ["anchors/attribution/2026-11-29.json", "anchors/invoicing-2026-11-29.json"]
    )
    def test_lets_invoicing_write_its_anchors_and_nothing_else(
        self, servers: Servers, key: str
    ) -> None:
        with pytest.raises(ClientError, match="AccessDenied"):
            Storage(s3_of(servers, "invoicing")).write(b"no", f"s3://trueback-lake/{key}")


class TestSecrets:
    def test_are_read_by_their_owner_alone(self, servers: Servers) -> None:
        files = list(servers.home.secrets.iterdir())
        assert files
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_service_is_given_its_own_and_no_other(self, servers: Servers, service: str) -> None:
        environment = servers.service_environment(service)
        given = " ".join(environment.values())
        for other in set(SERVICES) - {service}:
            for name, secret in servers.credentials.tokens.items():
                assert other not in name.split(".") or secret not in given
        keys = json.loads(Path(environment["TRUEBACK_BUS_KEYS_FILE"]).read_text())
        assert len(keys) == 6
        assert all(service in pair.split(">") for pair in keys)
        assert ("TRUEBACK_SIGNING_KEY_FILE" in environment) is (service == "portal")
        assert ("TRUEBACK_STRIPE_API_KEY" in environment) is (service == "invoicing")
        assert "TRUEBACK_SEAL_KEYS_FILE" not in environment
        sealing = {
            command
            for command in ("web", "worker", "runner", "bus", "migrate")
            if "TRUEBACK_SEAL_KEYS_FILE" in manage_process(servers, service, command).env
        }
        assert sealing == ({"web", "worker", "runner"} if service == "invoicing" else set())

    def test_the_public_keys_hold_no_private_part(self, servers: Servers) -> None:
        (key,) = json.loads(servers.credentials.jwks_file.read_text())["keys"]
        assert set(key) == {"kty", "crv", "alg", "use", "kid", "x"}


class TestSecondStart:
    def test_keeps_ports_secrets_and_data_after_a_crash(self, tmp_path: Path) -> None:
        with (
            start_servers(tmp_path, only={"postgres"}) as first,
            connect(first, "portal", "owner") as one,
        ):
            one.execute("SET ROLE portal_owner")
            one.execute("CREATE TABLE public.kept AS SELECT 7 AS a")
            lock = next(path for path in _data_folders(first.home) if path.exists())
            saved = (lock / "postmaster.pid").read_text()
        # As after a kill -9, with the number given to another program since: to us.
        (lock / "postmaster.pid").write_text(saved.replace(saved.split()[0], str(os.getpid()), 1))
        with start_servers(tmp_path, only={"postgres"}) as second:
            assert second.database_url("portal", "ops") == first.database_url("portal", "ops")
            with connect(second, "portal", "owner") as two:
                two.execute("SET ROLE portal_owner")
                assert two.execute("SELECT a FROM public.kept").fetchone() == (7,)
        second.home.reset()

    def test_reset_deletes_what_it_made_and_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        with start_servers(tmp_path, only={"postgres"}) as servers:
            pass
        servers.home.reset()
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
        assert not servers.home.outside.exists()


class TestExistingServers:
    def test_are_used_and_provisioned_instead_of_ours(
        self, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRUEBACK_POSTGRES_URL", servers.postgres_url)
        monkeypatch.setenv("TRUEBACK_REDIS_URL", servers.redis_url)
        monkeypatch.setenv("TRUEBACK_S3_ENDPOINT_URL", servers.s3.endpoint_url)
        monkeypatch.setenv("TRUEBACK_S3_ACCESS_KEY", servers.s3.access_key)
        monkeypatch.setenv("TRUEBACK_S3_SECRET_KEY", servers.s3.secret_key)
        with start_servers(tmp_path) as guest:
            assert list((tmp_path / "data").iterdir()) == []
            with connect(guest, "portal") as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            client: Any = redis.Redis.from_url(guest.broker_url("portal"))
            assert client.ping()
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command("FLUSHALL")
            client.close()
            s3_of(guest, "ingestion").head_bucket(Bucket="trueback-lake")
        # They are shared with the other tests, which log in with the first one's passwords.
        monkeypatch.undo()
        provision_servers(servers)
        provision_broker(servers.redis_url, broker_users(servers))

    def test_in_s3_without_keys_are_a_fault(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRUEBACK_S3_ENDPOINT_URL", "http://127.0.0.1:1")
        with (
            pytest.raises(BadConfiguration, match="TRUEBACK_S3_ACCESS_KEY"),
            start_servers(tmp_path, only=frozenset()),
        ):
            pass


class TestOrdinaryUser:
    def test_starts_everything_and_changes_no_foreign_folder(
        self,
        servers: Servers,  # what it imports is loaded by now: the Python may be root's alone
        ordinary_user: pwd.struct_passwd,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        # pytest's own folders are root's alone, so the user's home lies beside them.
        base = Path(tmp_path_factory.getbasetemp()).parent.parent
        home = base / f"trueback-ordinary-{os.getpid()}"
        home.mkdir()
        os.chown(home, ordinary_user.pw_uid, ordinary_user.pw_gid)
        before = {path: path.stat().st_mode for path in (base, ROOT)}
        child = multiprocessing.get_context("fork").Process(
            target=_start_as, args=(ordinary_user, home)
        )
        try:
            child.start()
            child.join(60)
            assert child.exitcode == 0
        finally:
            Home(home).reset()
            home.rmdir()
        assert before == {path: path.stat().st_mode for path in before}


def _start_as(user: pwd.struct_passwd, home: Path) -> None:
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    with start_servers(home) as servers:
        assert connect(servers, "portal").execute("SELECT 1").fetchone() == (1,)
        s3_of(servers, "ingestion").list_objects_v2(Bucket="aws-export")


def _data_folders(home: Home) -> list[Path]:
    return [home.data / "postgres", home.outside / "postgres"]
