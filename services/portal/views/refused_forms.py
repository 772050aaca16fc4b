"""What Django refuses before a view: a form that was open too long, or came from elsewhere."""

import logging
from datetime import UTC, datetime
from typing import Final

from django.http import HttpRequest, HttpResponse

from services.portal.operations.sign_in_links import spend_link
from services.portal.views.errors import forbidden
from shared.isolation.scope import as_ops

_log: Final = logging.getLogger(__name__)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A sign-in that is refused has used up its link, too."""
    _log.warning("a form was refused: %s", reason)
    match = request.resolver_match
    in_address = match.kwargs.get("token", "") if match else ""
    with as_ops():
        for token in filter(None, (request.POST.get("token", ""), in_address)):
            spend_link(token=token, now=datetime.now(UTC))
    return forbidden()
