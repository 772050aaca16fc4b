"""Values that no client of ours sends: for paths, queries, bodies and headers."""

import json
import random

from tests.hostile_requests import NAMES, json_bodies

_DIGITS = 5_000
_DEPTH = 100_000
_LONG = 60_000
_TEXTS = ("content", "tenant", "reason", "run_id", "replay_id")
_TOO_LARGE = 8 * 1024 * 1024 + 1

WORDS = (
    *NAMES,
    *("1" + "0" * _DIGITS, "1e10000000000000000000", "-1e-10000000000000000000", "Infinity", "nan"),
    *("%ED%A0%80", "%C0%AF", "%E2%80%AE", "..;/", "....//....//etc/passwd", "%252e%252e%252f"),
    *("null", "true", "[]", "{}", "[object%20Object]", "%24%7B7*7%7D", "1%20or%201=1", "%27%22%3E"),
    *("%20", "%09", "*", "%25", "_", "2026-13", "0x10", "1_000", "%00%00", "x%0d%0aY:z"),
    *("%EF%BC%91%EF%BC%92", "%CB%86", "1" * 19, str(2**63), str(-(2**63) - 1), "2026-10-32"),
)
# Also as they are, without their percent signs: who writes bytes by hand is no browser.
RAW_WORDS = ("\x00", "\x7f", "\xff\xfe", "a b", "\x01", "\t", '{}|\\^`<>"', "#x", "?", ";")


def bodies() -> tuple[bytes, ...]:
    deep = (b'{"content":' * _DEPTH, b"[" * _DEPTH + b"]" * _DEPTH, b'{"a":[' * 500 + b"]}" * 500)
    numbers = tuple(
        json.dumps({"version": "?", "periods": "?", "rows": "?"}).replace('"?"', number).encode()
        for number in ("9" * _DIGITS, "1e10000000000000000000", "-0", "1.0", "1E+2", "0" * 50 + "1")
    )
    texts = tuple(
        json.dumps(dict.fromkeys(_TEXTS, text)).encode()
        for text in ("\0", "\ud800", "\udfff\ud800", "x" * _LONG, "\u202e", "a: &a [*a]", "%s%n{0}")
    )
    odd = (
        b'{"version": 1, "version": {}}',
        b'{"content": "a", "content": "b", "content": null}',
        b"\xef\xbb\xbf{}",
        '{"version": 1}'.encode("utf-16"),
        b'{"version": 1}\0',
        b"\x1f\x8b\x08\x00broken",
        b"a=1&a=2&%00=%00",
        b'--x\r\nContent-Disposition: form-data; name="a\0"; filename="../../x"\r\n\r\n1\r\n--x--',
        b"x" * _TOO_LARGE,
    )
    return (*deep, *numbers, *texts, *odd, *json_bodies())


_HEADERS = (
    {"Accept": "text/html"},
    {"Accept": "application/pdf;q=0, */*;q=1e999"},
    {"Accept": "application/json; version=\xff"},
    {"Accept": "," * 2000},
    {"Accept": "application/problem+json"},
    {"Accept": "image/png"},
    {"Range": "bytes=0-0,0-0,-1"},
    {"Range": "bytes=99999999999999999999-"},
    {"If-None-Match": "*"},
    {"If-None-Match": '"' + "x" * 5000 + '"'},
    {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
    {"If-Match": 'W/"\xff"'},
    {"If-Unmodified-Since": "0"},
    {"Content-Type": "text/html"},
    {"Content-Type": "application/json; charset=utf-7"},
    {"Content-Type": "application/json; charset=no-such"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 300},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=no-such"},
    {"Content-Type": "\xff/\xfe"},
    {"Content-Type": ""},
    {"Content-Encoding": "gzip"},
    {"Accept-Language": "x" * 5000},
    {"Accept-Language": "en-\xff;q=x"},
    {"Accept-Encoding": "br;q=nan, gzip;q=-1"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1:99999999"},
    {"Host": "[::"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "'; drop table x; --"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Original-URL": "/api/v1/audit"},
    {"Cookie": 'trueback_session=%00; trueback_session=\xff; a="\\000"'},
    {"Referer": "\xff\xfe"},
    {"Origin": "null"},
    {"Expect": "100-continue"},
    {"Expect": "x"},
    {"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings"},
    {"Transfer-Encoding": "gzip"},
    {"Transfer-Encoding": "chunked", "Content-Length": "1"},
    {"Content-Length": "-1"},
    {"Content-Length": "9" * 30},
    {"HX-Request": "true", "HX-Target": "\xff", "HX-Current-URL": "//evil.example/%00"},
    {"traceparent": "00-" + "z" * 32},
    {"X-Long": "x" * 40_000},
    {f"X-{number}": "x" for number in range(300)},
)
METHODS = (
    *("HEAD", "OPTIONS", "TRACE", "PATCH", "DELETE", "PUT", "POST", "GET"),
    *("CONNECT", "FOO", "get"),
)


def headers(chance: random.Random) -> dict[str, str]:
    return dict(chance.choice(_HEADERS))


def word(chance: random.Random) -> str:
    return chance.choice(RAW_WORDS) if chance.random() < 0.1 else chance.choice(WORDS)
