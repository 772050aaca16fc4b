"""What the servers must hold before a service starts; each step may run any number of times.

Per service: a database owned by `<svc>_owner`, roles `<svc>_app` and `<svc>_ops` (row-level
security binds them), and for each a login that reaches it by SET ROLE, and no other.
"""

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared.faults import BadConfiguration

LAKE_BUCKET: Final = "trueback-lake"
EXPORT_BUCKET: Final = "aws-export"
BUCKETS: Final = (LAKE_BUCKET, EXPORT_BUCKET)

# A server that is there takes a connection at once, on a slow machine after a while.
_CONNECT_SECONDS: Final = 60
# What kombu and redis-py ask for on top of reads and writes: INFO (server version and run id).
_DEFAULT_ACL: Final = "~* &* +@all -@dangerous -@admin +info"
_READS: Final = ("Read", "List")
_WRITES: Final = ("Read", "List", "Write", "Tagging")
_S3_RIGHTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ingestion": {LAKE_BUCKET: _WRITES, EXPORT_BUCKET: _READS},
    "attribution": {LAKE_BUCKET: _WRITES},
    "invoicing": {LAKE_BUCKET: _READS, f"{LAKE_BUCKET}/anchors/invoicing/*": ("Write",)},
    "portal": {LAKE_BUCKET: _READS},
}


def valkey_rules(service: str) -> str:
    """The keys and commands a service may use on the broker; the messages' own rule if it has."""
    if importlib.util.find_spec("shared.messaging") and importlib.util.find_spec(
        "shared.messaging.acl"
    ):
        rules: str = importlib.import_module("shared.messaging.acl").acl_rules(service)
        return rules
    return _DEFAULT_ACL


def s3_actions(service: str) -> list[str]:
    rights = _S3_RIGHTS.get(service, {})
    return [f"{action}:{bucket}" for bucket, actions in rights.items() for action in actions]


def provision_databases(admin_url: str, passwords: Mapping[str, Mapping[str, str]]) -> None:
    """`passwords` maps a service to those of its logins by role, set anew at each start."""
    import psycopg  # noqa: PLC0415 - an extra; the command line starts without it

    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=_CONNECT_SECONDS) as admin:
            for service, by_role in passwords.items():
                _create_roles(admin, service, by_role)
                _create_database(admin, service)
    except psycopg.OperationalError as error:
        raise BadConfiguration(
            f"PostgreSQL can't be reached: {error}".strip(),
            field="TRUEBACK_POSTGRES_URL",
            remedy="The URL must name a user who may create roles and databases.",
        ) from error


def _create_roles(admin: Any, service: str, passwords: Mapping[str, str]) -> None:
    for kind, password in passwords.items():
        role = f"{service}_{kind}"
        _create_role(admin, role, "NOLOGIN")
        create_login(admin, f"{role}_login", password, roles=[role])


def create_login(admin: Any, login: str, password: str, *, roles: Sequence[str]) -> None:
    """It has no right of its own: SET ROLE reaches these roles."""
    from psycopg import sql  # noqa: PLC0415

    _create_role(admin, login, "LOGIN NOINHERIT")
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
    admin.execute(statement.format(sql.Identifier(login), sql.Literal(password)))
    for role in roles:
        grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
        admin.execute(grant.format(sql.Identifier(role), sql.Identifier(login)))


def _create_role(admin: Any, role: str, attributes: str) -> None:
    from psycopg import sql  # noqa: PLC0415

    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    limits = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    statement = sql.SQL(f"{verb} ROLE {{}} WITH {attributes} {limits}")  # type: ignore[arg-type, unused-ignore]
    admin.execute(statement.format(sql.Identifier(role)))


def _create_database(admin: Any, service: str) -> None:
    from psycopg import sql  # noqa: PLC0415

    name, owner = sql.Identifier(service), sql.Identifier(f"{service}_owner")
    existing = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [service]).fetchone()
    if not existing:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
    # Nobody connects to another service's database, and nothing is made in `public` but by
    # its owner: `public` belongs to pg_database_owner, so the owner keeps CREATE there.
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    _close_public_schema(admin, service)
    admit(admin, service, _logins(service))


def _logins(service: str) -> list[str]:
    return [f"{service}_{kind}_login" for kind in ("owner", "app", "ops")]


def _close_public_schema(admin: Any, service: str) -> None:
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    info = make_conninfo(admin.info.dsn, dbname=service, password=admin.info.password)
    with psycopg.connect(info, autocommit=True, connect_timeout=_CONNECT_SECONDS) as database:
        database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for name in (f"{service}_app", f"{service}_ops"):
            role = psycopg.sql.Identifier(name)
            database.execute(psycopg.sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        _drop_former_login(database, f"{service}_login")


def admit(admin: Any, service: str, logins: Sequence[str]) -> None:
    """They may connect to the service's database, and see that its schema is there."""
    import psycopg  # noqa: PLC0415
    from psycopg import sql  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    info = make_conninfo(admin.info.dsn, dbname=service, password=admin.info.password)
    with psycopg.connect(info, autocommit=True, connect_timeout=_CONNECT_SECONDS) as database:
        for login in logins:
            names = {"database": sql.Identifier(service), "login": sql.Identifier(login)}
            for grant in (
                "GRANT CONNECT ON DATABASE {database} TO {login}",
                "GRANT USAGE ON SCHEMA public TO {login}",
            ):
                database.execute(sql.SQL(grant).format(**names))


def _drop_former_login(database: Any, login: str) -> None:
    """Until release 0.2 one login reached all roles. It owns nothing, so that no row is lost."""
    from psycopg import sql  # noqa: PLC0415

    if database.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone():
        name = sql.Identifier(login)
        database.execute(sql.SQL("DROP OWNED BY {}").format(name))
        database.execute(sql.SQL("DROP ROLE {}").format(name))


def provision_broker(admin_url: str, users: dict[str, tuple[str, str]]) -> None:
    """`users` maps a name to (password, rules); for a server that is not ours to configure."""
    import redis  # noqa: PLC0415 - an extra; the command line starts without it

    client = redis.Redis.from_url(admin_url, socket_timeout=_CONNECT_SECONDS)
    execute: Callable[..., Any] = client.execute_command  # untyped in redis-py
    try:
        for name, (password, rules) in users.items():
            arguments = ("reset", "on", f">{password}", *rules.split())
            execute("ACL", "SETUSER", name, *arguments)
    except redis.RedisError as error:
        raise BadConfiguration(
            f"users can't be set up on the broker: {error}.",
            field="TRUEBACK_REDIS_URL",
            remedy="The URL must name a user who may run ACL SETUSER.",
        ) from error
    finally:
        client.close()


def provision_buckets(
    endpoint_url: str, access_key: str, secret_key: str, buckets: Sequence[str] = BUCKETS
) -> None:
    client = s3_client(endpoint_url, access_key, secret_key)
    for bucket in buckets:
        if not _has_bucket(client, bucket):
            client.create_bucket(Bucket=bucket)


def s3_client(endpoint_url: str, access_key: str, secret_key: str) -> Any:
    import boto3  # noqa: PLC0415 - slow to import
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=Config(connect_timeout=5, read_timeout=60, s3={"addressing_style": "path"}),
    )


def _has_bucket(client: Any, bucket: str) -> bool:
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004
            return False
        raise BadConfiguration(
            f"the bucket can't be used: {error}.",
            field="TRUEBACK_S3_ENDPOINT_URL",
            remedy="The keys must be allowed to read and create it.",
        ) from error
    return True
