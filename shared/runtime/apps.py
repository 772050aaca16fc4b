from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    """The management commands that every service has: migrate, web, worker, bus, runner."""

    name = "shared.runtime"
    label = "runtime"
