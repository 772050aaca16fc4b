"""The broker for a web process, which only asks whether it is there."""

from collections.abc import Callable

from shared.runtime.environment import ServiceEnvironment


def connect(environment: ServiceEnvironment, *, seconds: float) -> Callable[[], None]:
    """What asks it, and raises its error, each time on a connection of its own.

    Loading its client takes a tenth of a second, which no page should wait for.
    """
    import redis  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    def ping() -> None:
        client = redis.Redis.from_url(
            environment.broker_url,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            # Its own are ten, over several seconds.
            retry=Retry(NoBackoff(), 0),
            **(environment.broker_tls() or {}),
        )
        try:
            client.ping()
        finally:
            client.close()

    return ping
