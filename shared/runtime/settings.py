"""The Django settings that the services share; each service adds its own apps and URLs."""

from typing import Any

from shared.runtime.environment import ServiceEnvironment
from shared.runtime.request_limits import BODY_BYTES_MAX


def service_settings(*, service: str, environment: ServiceEnvironment) -> dict[str, Any]:
    return {
        "SERVICE_NAME": service,
        "ENVIRONMENT": environment,
        "SECRET_KEY": environment.secret_key.get_secret_value(),
        "SECRET_KEY_FALLBACKS": environment.former_secret_keys(),
        "DEBUG": False,
        "ALLOWED_HOSTS": environment.allowed_hosts.split(","),
        "ROOT_URLCONF": f"services.{service}.config.urls",
        "WSGI_APPLICATION": f"services.{service}.config.wsgi.application",
        "DATABASES": environment.databases(),
        "DATABASE_ROUTERS": ["shared.isolation.scope.ByScope"],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": [
            "shared.runtime",
            "rest_framework",
            "drf_spectacular",
            "pgtrigger",
            f"services.{service}",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "shared.runtime.middleware.NoStore",
            "shared.runtime.request_limits.RequestLimits",
            "django.middleware.common.CommonMiddleware",
            "shared.runtime.middleware.DatabaseFirst",
            "shared.audit.door.AuditTrail",
        ],
        # Django's own is 2.5 MB, less than a ruleset of many tenants.
        "DATA_UPLOAD_MAX_MEMORY_SIZE": BODY_BYTES_MAX,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "APPEND_SLASH": False,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "REST_FRAMEWORK": {
            "DEFAULT_AUTHENTICATION_CLASSES": ["shared.auth.access.TokenAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["shared.auth.access.DeclaredRoles"],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_PARSER_CLASSES": ["shared.runtime.json_parser.LimitedJSONParser"],
            "EXCEPTION_HANDLER": "shared.runtime.problems.problem_response",
            "DEFAULT_SCHEMA_CLASS": "shared.runtime.schema.DeclaredSchema",
            "UNAUTHENTICATED_USER": None,
            "COERCE_DECIMAL_TO_STRING": True,
        },
        "SPECTACULAR_SETTINGS": {
            "TITLE": f"trueback {service}",
            "VERSION": "1",
            "OAS_VERSION": "3.1.0",
            "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        },
        "LOGGING": _logging(environment),
    }


def _logging(environment: ServiceEnvironment) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "shared.runtime.log.LogLine",
                "secrets": environment.secrets(),
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
                "datefmt": "%Y-%m-%dT%H:%M:%SZ",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": environment.log_level},
        "loggers": {"django.request": {"level": "ERROR"}},
    }
