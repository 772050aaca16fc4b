"""A service's Celery application: queues, settings and the two bus tasks."""

import logging
import os
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from celery.signals import setup_logging
from kombu import Queue

from shared.contracts.routes import acks_queue, events_queue
from shared.messaging.broker import Broker
from shared.messaging.consumer.receive import Handler, receive
from shared.messaging.producer.retire import retire

# Of all our keys in the broker, so that the rights of its users can name them.
KEY_PREFIX: Final = "tb:"
# Loaded by Celery in a worker; who only sends has no use for it.
_REQUEST: Final = "shared.messaging.request:AcknowledgedRequest"


def make_app(service: str, handlers: Mapping[str, Handler]) -> Celery:
    """The application with the two bus tasks; Django's apps must be loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"services.{service}.config.settings")
    # Celery adds handlers of its own where nobody answers this; ours keep secrets out.
    setup_logging.connect(_keep_our_logging, weak=False)
    app = Celery(service)
    app.config_from_object(lambda: None)
    app.conf.update(_settings(service))
    _register_bus(app, handlers)
    return app


def _keep_our_logging(*, loglevel: int, **_: Any) -> None:
    """Django's settings have set it up; a worker says how much of it."""
    logging.getLogger().setLevel(loglevel)


def _register_bus(app: Celery, handlers: Mapping[str, Handler]) -> None:
    """`**_` so that a later producer may send more."""
    broker = Broker(app)

    @app.task(name="bus.receive", Request=_REQUEST)
    def bus_receive(*, envelope: dict[str, Any], **_: Any) -> None:
        receive(broker, handlers, envelope)

    @app.task(name="bus.ack", Request=_REQUEST)
    def bus_ack(*, envelope: dict[str, Any], **_: Any) -> None:
        retire(envelope)


def _settings(service: str) -> dict[str, Any]:
    """Why each: docs/decisions/0002-acknowledged-outbox.md, docs/reference/messaging.md."""
    from django.conf import settings  # noqa: PLC0415 - the settings module names this app's service

    return {
        "broker_url": settings.ENVIRONMENT.broker_url,
        "broker_use_ssl": settings.ENVIRONMENT.broker_tls(),
        "broker_transport_options": {
            "visibility_timeout": 900,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": KEY_PREFIX,
            "unacked_key": f"{service}.unacked",
            "unacked_index_key": f"{service}.unacked_index",
            "unacked_mutex_key": f"{service}.unacked_mutex",
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": None,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": 240,
        "task_soft_time_limit": 200,
        "task_publish_retry": False,
        "task_create_missing_queues": False,
        "task_default_queue": events_queue(service),
        "task_queues": _queues(),
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_soft_shutdown_timeout": 5,
        "worker_enable_soft_shutdown_on_idle": True,
        "worker_max_tasks_per_child": 1000,
        "worker_max_memory_per_child": 400_000,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_enable_remote_control": False,
    }


def _queues() -> list[Queue]:
    from shared.contracts.routes import SERVICES  # noqa: PLC0415

    return [
        Queue(name, routing_key=name)
        for service in SERVICES
        for name in (events_queue(service), acks_queue(service))
    ]
