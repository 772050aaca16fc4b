"""The suite that looks at pages in a browser knows every page there is."""

from django.urls import URLResolver, get_resolver

from tests.e2e.pages import NO_PAGES, PAGES


def _named(patterns):
    for item in patterns:
        if isinstance(item, URLResolver):
            yield from _named(item.url_patterns)
        elif item.name:
            yield item.name


def test_no_route_is_forgotten():
    looked_at = {shown.route for shown in PAGES} | NO_PAGES
    assert set(_named(get_resolver().url_patterns)) - looked_at == set()
