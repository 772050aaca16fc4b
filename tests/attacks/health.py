"""What is stuck and nobody is told of."""

from collections.abc import Iterator
from typing import Final

from psycopg import sql

from deploy.demo.line import OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import APIS, Victim, until

_SENT_SECONDS: Final = 30
_DIE: Final = """
    update {outbox} set acked_at = null, dead_at = now()
    where message_id = (select message_id from {outbox} where acked_at is not null limit 1)
    returning message_id
"""
_ACKNOWLEDGED: Final = "select message_id::text from {outbox} where acked_at is not null"


@attack("a fact that never arrives, and no administrator sees that it did not")
def hidden_dead_letters(victim: Victim) -> Iterator[Case]:
    """A fact that was taken long ago: sent again it changes nothing."""
    for service in APIS:
        with victim.administrator(service) as admin:
            dead = admin.execute(_of(service, _DIE)).fetchall()
        if not dead:
            yield Case(service, "it has sent nothing: nothing could be tried")
            continue
        message = str(dead[0][0])
        shown = victim.ask(OLIVIA, service, "GET", "/api/v1/health")
        is_shown = shown.is_success and message in shown.text
        yield Case(f"{service}: shown", "" if is_shown else f"{shown.status_code}: not in it")
        path = f"/api/v1/health/messages/{message}/replay"
        code = victim.ask(OLIVIA, service, "POST", path).status_code
        yield Case(f"{service}: sent again", "" if code == 200 else f"answered {code}")
        is_taken = until(
            lambda service=service, message=message: _is_taken(victim, service, message),
            seconds=_SENT_SECONDS,
        )
        yield Case(f"{service}: taken", "" if is_taken else "it is not acknowledged")


def _is_taken(victim: Victim, service: str, message: str) -> bool:
    with victim.administrator(service) as admin:
        return (message,) in admin.execute(_of(service, _ACKNOWLEDGED)).fetchall()


def _of(service: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(outbox=sql.Identifier(f"{service}_outbox"))
