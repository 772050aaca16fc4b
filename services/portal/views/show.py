"""A page's answer: its template, filled with the page's own names and nothing else."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from services.portal.pages.page import Page


def show(request: HttpRequest | None, page: Page, *, status: int = 200) -> HttpResponse:
    """Without a request there is no frame, no session and no database behind it."""
    content = render_to_string(page.template, page.context(), request)
    return HttpResponse(content, status=status)


def see_other(address: str) -> HttpResponse:
    """The page that follows on what was posted, to be read, so that loading it posts nothing."""
    response = HttpResponseRedirect(address)
    response.status_code = HTTPStatus.SEE_OTHER
    return response
