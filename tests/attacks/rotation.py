"""Keys that follow each other while the stack runs: who is refused, and what stays good too long.

The keys of tokens and of the bus, in three steps each: the new one is known, it signs, the old one
is gone (docs/running.md); and Stripe's secret of webhooks, by a process with other settings.
Afterwards the stack has other keys than before.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import httpx

from deploy.demo.line import OLIVIA
from deploy.local.credentials import write_secret
from shared.auth.keys import new_signing_key, read_public_key_set, read_signing_keys
from shared.auth.tokens import sign_token
from tests.attacks.attack import Case, attack
from tests.attacks.beside import web_beside
from tests.attacks.bus import is_taken
from tests.attacks.rulesets import rename_tenants
from tests.attacks.victim import SERVICES, Victim, until
from tests.attacks.webhooks import event, is_kept, send, signature
from tests.bus import bus_keys

_KEY_BYTES: Final = 32
# A pause between requests, so that a step sees some dozens of them.
_PAUSE_SECONDS: Final = 0.02
_STEP_SECONDS: Final = 1.0
_ACKNOWLEDGED_SECONDS: Final = 60
_UNACKNOWLEDGED: Final = "select count(*) from {}_outbox where acked_at is null"
_SENT: Final = "select count(*) from {}_outbox"


@attack("a request refused while keys of tokens follow each other, or an old key that stays good")
def tokens(victim: Victim) -> Iterator[Case]:
    credentials = victim.stack.servers.credentials
    file, jwks = credentials.signing_key_file, credentials.jwks_file
    [*_, old], new = read_signing_keys(file), new_signing_key()
    with _asking(victim) as answers:
        for name, keys in _steps(old, new):
            before = len(answers)
            write_secret(file, json.dumps({"keys": keys}))
            write_secret(jwks, json.dumps(read_public_key_set(file)))
            threading.Event().wait(_STEP_SECONDS)
            yield Case(f"requests while {name}", _refused(answers[before:]))
    former = jwks.with_name("former.json")
    write_secret(former, json.dumps(old))
    try:
        now = datetime.now(UTC)
        token = sign_token(OLIVIA, audience="attribution", now=now, key_file=former)
    finally:
        former.unlink()
    code = victim.ask(token, "attribution", "GET", "/api/v1/periods").status_code
    is_held = code == HTTPStatus.UNAUTHORIZED
    yield Case("the old key after its end", "" if is_held else f"answered {code}")


@attack("a message lost while keys of the bus follow each other, or an old key that stays good")
def messages(victim: Victim) -> Iterator[Case]:
    files = victim.stack.servers.credentials.bus_keys_files
    former = bus_keys(victim.stack, "invoicing")
    given = {service: json.loads(file.read_text()) for service, file in files.items()}
    new = {pair: token_hex(_KEY_BYTES) for keys in given.values() for pair in keys}
    for name, write in _bus_steps(files, given, new):
        sent = victim.rows("attribution", _SENT.format("attribution"))[0][0]
        write()
        rename_tenants(victim)
        moved = until(
            lambda sent=sent: victim.rows("attribution", _SENT.format("attribution"))[0][0] > sent,
            seconds=_ACKNOWLEDGED_SECONDS,
        )
        settled = until(lambda: not _waiting(victim), seconds=_ACKNOWLEDGED_SECONDS)
        problem = "" if moved and settled else f"sent: {moved}, waiting: {_waiting(victim)}"
        yield Case(f"facts while {name}", problem)
    is_good = is_taken(victim, f"mallory-{token_hex(4)}", former)
    yield Case("the old keys after their end", "the portal took a fact" if is_good else "")


@attack(
    "a payment missed while secrets of webhooks follow each other, or an old one that stays good"
)
def webhook_secrets(victim: Victim) -> Iterator[Case]:
    """While Stripe rolls a secret, it signs each event with both of them."""
    old, new = victim.stack.servers.credentials["stripe.webhook"], f"whsec_{token_hex(_KEY_BYTES)}"
    for name, secrets, good in (
        ("both are known", f"{old},{new}", {"the old", "the new", "both"}),
        ("the old is gone", new, {"the new", "both"}),
    ):
        env = {"TRUEBACK_STRIPE_WEBHOOK_SECRET": secrets}
        with web_beside(victim, "invoicing", **env) as url:
            for signer, keys in (("the old", [old]), ("the new", [new]), ("both", [old, new])):
                problem = _wrongly_judged(victim, url, keys, is_good=signer in good)
                yield Case(f"an event of {signer} when {name}", problem)


def _wrongly_judged(victim: Victim, url: str, keys: Sequence[str], *, is_good: bool) -> str:
    name, now = f"evt_{token_hex(8)}", int(time.time())
    signed = [signature(event(name), key, at=now).partition(",")[2] for key in keys]
    code = send(url, event(name), ",".join([f"t={now}", *signed])).status_code
    wanted = (HTTPStatus.OK, True) if is_good else (HTTPStatus.BAD_REQUEST, False)
    answer = (code, is_kept(victim, name))
    return "" if answer == wanted else f"answered {code}, kept: {answer[1]}"


def _steps(old: Any, new: Any) -> list[tuple[str, list[Any]]]:
    return [
        ("the new key is known", [new, old]),
        ("the new key signs", [old, new]),
        ("the old key is gone", [new]),
    ]


def _bus_steps(
    files: dict[str, Path], given: dict[str, dict[str, Any]], new: dict[str, str]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Of all pairs at once, one service's file after the other."""
    for position, name in enumerate(("the new keys are known", "they sign", "the old are gone")):

        def write(position: int = position) -> None:
            for service, file in files.items():
                keys = {
                    pair: _steps(_last(key), new[pair])[position][1]
                    for pair, key in given[service].items()
                }
                write_secret(file, json.dumps(keys))

        yield name, write


def _last(keys: str | list[str]) -> str:
    return keys if isinstance(keys, str) else keys[-1]


def _waiting(victim: Victim) -> int:
    return sum(victim.rows(name, _UNACKNOWLEDGED.format(name))[0][0] for name in SERVICES[:3])


@contextmanager
def _asking(victim: Victim) -> Iterator[list[str]]:
    """An API and a page of the portal that asks it, again and again; "" is an answer as it is."""
    answers: list[str] = []
    is_over = threading.Event()

    def ask(name: str, get: Callable[[], httpx.Response]) -> None:
        while not is_over.is_set():
            try:
                answer = get()
                silent = "does not answer" in answer.text
                is_fine = answer.status_code == HTTPStatus.OK and not silent
                answers.append("" if is_fine else f"{name}: {answer.status_code}")
            except httpx.HTTPError as error:
                answers.append(f"{name}: {error!r}")
            is_over.wait(_PAUSE_SECONDS)

    client = victim.session(OLIVIA)
    asked = (
        ("API", lambda: victim.ask(OLIVIA, "attribution", "GET", "/api/v1/periods")),
        ("page", lambda: client.get("/changes")),
    )
    threads = [threading.Thread(target=ask, args=one) for one in asked]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _refused(answers: Sequence[str]) -> str:
    wrong = [answer for answer in answers if answer]
    if not answers:
        return "nothing was asked"
    return f"{len(wrong)} of {len(answers)}: {wrong[0]}" if wrong else ""
