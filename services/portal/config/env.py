from pathlib import Path

from shared.runtime.environment import ServiceEnvironment


class PortalEnvironment(ServiceEnvironment):
    """`signing_key_file` is the Ed25519 private JWK that every token is signed with.

    With `subject_keys_file` a customer's subject is signed at sign-in.
    """

    subject_keys_file: Path
    signing_key_file: Path
    public_url: str
    invoicing_url: str
    attribution_url: str
