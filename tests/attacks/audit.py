"""What an attacker does is to be seen, and the log of it is for administrators alone."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import httpx

from deploy.demo.line import OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import APIS, STAFF, Victim
from tests.audit_attacks import floods_the_log, is_read_by_others, leaves_no_trace


@attack("a look at others' objects that nobody ever learns of")
def unseen_reads(victim: Victim) -> Iterator[Case]:
    invoice = f"/api/v2/invoices/{victim.theirs['invoice_id']}"
    for actor, service, method, path in (
        (victim.ann, "invoicing", "GET", invoice),
        (victim.ann, "invoicing", "GET", f"{invoice}/pdf".replace("v2", "v1")),
        (victim.ann, "invoicing", "POST", f"{invoice}/actions/approve"),
        (
            victim.ann,
            "attribution",
            "GET",
            f"/api/v1/periods/{victim.period}/statements/{victim.tenant}",
        ),
        (victim.ann, "ingestion", "GET", "/api/v1/audit"),
    ):
        # Somebody new each time: of a person's refusals in one minute only some are rows.
        stranger = replace(actor, name=f"{actor.name}-{secrets.token_hex(4)}")
        with httpx.Client(base_url=victim.url(service), trust_env=False, timeout=20) as client:
            problems = leaves_no_trace(
                client,
                token=victim.token(stranger, service),
                admin=victim.token(OLIVIA, service),
                method=method,
                path=path,
                body={"version": 1} if method == "POST" else None,
            )
        yield Case(f"{actor.name}: {method} {service}{path}", "; ".join(problems))


@attack("the log, read by others or filled until nothing is found in it")
def the_log_itself(victim: Victim) -> Iterator[Case]:
    for service in APIS:
        tokens = {
            actor.name: victim.token(actor, service)
            for actor in (*STAFF, victim.ann)
            if actor != OLIVIA
        }
        with httpx.Client(base_url=victim.url(service), trust_env=False, timeout=20) as client:
            yield Case(f"{service}: readers", "; ".join(is_read_by_others(client, tokens)))
            flooded = floods_the_log(client, admin=victim.token(OLIVIA, service))
            yield Case(f"{service}: a flood", "; ".join(flooded))
