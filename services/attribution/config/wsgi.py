import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from shared.outside.lake import connect

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.attribution.config.settings")
application = get_wsgi_application()
connect(settings.ENVIRONMENT)
