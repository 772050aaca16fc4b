"""A log holds no secret, in whatever message, library or traceback it would come."""

import logging
import sys
from io import StringIO

import pytest

from shared.runtime.log import LogLine, log_what_nobody_catches

KEY = "an-endpoint-key-0123456789"


@pytest.fixture
def log():
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LogLine("%(levelname)s %(name)s %(message)s", secrets=[KEY, "short"]))
    logger = logging.getLogger()
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Forbidden (CSRF cookie not set.): /sign-in/Zx9-_secret", "Zx9-_secret"),
        ("<WSGIRequest: POST '/sign-in/Zx9-_secret'>", "Zx9-_secret"),
        # pragma: allowlist nextline secret
        ("cannot reach redis://portal:pass%2Fword@valkey:6379/0", "pass%2Fword"),
        # pragma: allowlist nextline secret
        ("postgresql://portal_app_login:hunter2hunter2@db/portal", "hunter2"),
        ("connection to host=db user=x password=hunter2 failed", "hunter2"),
        ("GET https://b.s3.amazonaws.com/k?X-Amz-Signature=0a1b2c&x=1", "0a1b2c"),
        ("GET https://b/k?AWSAccessKeyId=AKIAX&Signature=q%2Bz&Expires=1", "q%2Bz"),
        ("x-amz-security-token=FwoGZX", "FwoGZX"),
        ("{'Authorization': 'Bearer abc.def.ghi.0123456789'}", "abc.def"),
        # pragma: allowlist nextline secret
        ("refused eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2ln here", "eyJzdWIi"),
        ("Invalid API Key provided: rk_live_51H8abc", "51H8abc"),
        ("signed by whsec_0123456789abcdef", "0123456789abcdef"),
        (f"the key {KEY} is not accepted", KEY),
    ],
)
def test_holds_no_secret(log, text, secret):
    logger = logging.getLogger("services")
    logger.warning("%s", text)
    logger.error("it failed", exc_info=ConnectionError(text))
    assert log.getvalue().count("...") >= 2
    assert secret not in log.getvalue()


def test_says_in_one_line_which_request_was_refused(log):
    refused = ValueError("Invalid HTTP_HOST header")
    logging.getLogger("django.security.DisallowedHost").error("of another host", exc_info=refused)
    assert log.getvalue() == "ERROR django.security.DisallowedHost of another host\n"


def test_keeps_what_is_none(log):
    text = "a word of /sign-in, of http://127.0.0.1:8400/overview?a=b and of a bearer token"
    logging.getLogger("a").warning(text)
    assert text in log.getvalue()


def test_holds_what_nobody_has_caught(log, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", None)
    log_what_nobody_catches()
    error = RuntimeError("at postgresql://x:hunter2@db")
    sys.excepthook(RuntimeError, error, error.__traceback__)
    assert "nobody has caught this" in log.getvalue()
    assert "RuntimeError: at postgresql://...@db" in log.getvalue()
