"""Render a page with Django's engine alone: no database, no portal process."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import django
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory

from deploy.page_previews.pages import PAGES
from services.portal.pages.frame import Frame
from shared.vocabulary.modes import Mode

_PORTAL: Final = Path(__file__).resolve().parents[2] / "services" / "portal"
# Stands where a template reads what the context lacks, so that a test finds it.
MISSING: Final = "(missing: %s)"
STATIC_BUILD: Final = _PORTAL / "static" / "build"


def configure() -> None:
    if settings.configured:
        return
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=["django.contrib.staticfiles"],
        LANGUAGE_CODE="en",
        ROOT_URLCONF="deploy.page_previews.urls",
        SECRET_KEY="nothing is signed in a preview",  # noqa: S106
        STATIC_URL="/static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [_PORTAL / "templates"],
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "libraries": {
                        name: f"services.portal.templatetags.{name}"
                        for name in ("portal_format", "portal_parts")
                    },
                    "string_if_invalid": MISSING,
                },
            }
        ],
        USE_I18N=False,
        USE_TZ=True,
    )
    django.setup()


def render(name: str, mode: Mode = Mode.DEMO) -> str:
    """As a stack of this mode shows it; the tour and the other people are a demo's alone."""
    configure()
    preview = PAGES[name]()
    request = RequestFactory().get(f"/{name}", {"period": "2026-10"})
    frame: dict[str, Frame] = {}
    if preview.frame:
        demo = preview.frame.demo if mode == Mode.DEMO else None
        frame = {"frame": replace(preview.frame, environment=mode, demo=demo)}
    return render_to_string(preview.page.template, preview.page.context() | frame, request)
