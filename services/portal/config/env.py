from pathlib import Path

from shared.runtime.environment import ServiceEnvironment


class PortalEnvironment(ServiceEnvironment):
    """`signing_key_file` is the Ed25519 private JWK that every token is signed with."""

    signing_key_file: Path
    public_url: str
    invoicing_url: str
    attribution_url: str
