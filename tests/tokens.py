"""Signed requests, as the portal would send them."""

from datetime import UTC, datetime

from django.conf import settings
from django.test import Client

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from tests.service_stack import running_servers


def client_of(actor: Actor, *, audience: str | None = None) -> Client:
    token = sign_token(
        actor,
        audience=audience or settings.SERVICE_NAME,
        now=datetime.now(UTC),
        key_file=running_servers().credentials.signing_key_file,
    )
    return Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)
