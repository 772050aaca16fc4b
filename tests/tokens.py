"""Signed requests, as the portal would send them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.test import Client

from shared.auth.actors import Actor
from shared.auth.subjects import read_subject_keys, sign_subject
from shared.auth.tokens import sign_token
from tests.service_stack import running_servers


def token_of(actor: Actor, *, audience: str | None = None) -> str:
    if actor.is_customer and not actor.subject:
        actor = replace(actor, subject=subject_of(actor.customer))
    return sign_token(
        actor,
        audience=audience or settings.SERVICE_NAME,
        now=datetime.now(UTC),
        key_file=running_servers().credentials.signing_key_file,
    )


def client_of(actor: Actor, *, audience: str | None = None) -> Client:
    token = token_of(actor, audience=audience)
    return Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)


def subject_of(customer: str, *, until: datetime | None = None) -> str:
    """As the portal signs one when a person of the customer's signs in."""
    return sign_subject(
        "customer",
        customer,
        until=until or datetime.now(UTC) + timedelta(hours=1),
        keys=read_subject_keys(running_servers().credentials.subject_keys_file),
    )
