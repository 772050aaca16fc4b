from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from services.portal.views.access import for_everyone
from shared.audit.declared import NotAudited
from shared.auth.keys import read_public_key_set


@for_everyone(audit=NotAudited("it is public"))
@require_safe
def jwks(_request: HttpRequest) -> JsonResponse:
    """The public halves of the keys that tokens are signed with (RFC 7517)."""
    return JsonResponse(read_public_key_set(settings.ENVIRONMENT.signing_key_file))
