from services.portal.config.env import PortalEnvironment
from shared.runtime.environment import read_environment
from shared.runtime.settings import service_settings

SERVICE_NAME = "portal"
ENVIRONMENT = read_environment(PortalEnvironment)
CUSTOMERS_DATABASE = ENVIRONMENT.customers_database()
_base = service_settings(service=SERVICE_NAME, environment=ENVIRONMENT)
_is_https = ENVIRONMENT.public_url.startswith("https://")

globals().update(_base)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    *_base["INSTALLED_APPS"],
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shared.runtime.middleware.NoStore",
    "services.portal.views.middleware.ContentSecurityPolicy",
    "shared.runtime.request_limits.RequestLimits",
    "django.middleware.common.CommonMiddleware",
    "shared.runtime.middleware.DatabaseFirst",
    "services.portal.views.middleware.IdentityScope",
    "shared.audit.door.AuditTrail",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "services.portal.views.middleware.ActorScope",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "services.portal.views.frame.frame",
            ]
        },
    }
]
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["services.portal.views.sign_in.ByName"]
LOGIN_URL = "portal:sign_in"
CSRF_FAILURE_VIEW = "services.portal.views.refused_forms.csrf_failed"
SESSION_COOKIE_NAME = "trueback_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = _is_https
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _is_https
CSRF_COOKIE_NAME = "trueback_csrf"
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url]
SECURE_HSTS_SECONDS = 31_536_000 if _is_https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
STATIC_URL = "/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
