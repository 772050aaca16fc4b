from pathlib import Path

from pydantic import ValidationInfo, field_validator

from shared.auth.key_files import read_keys
from shared.auth.keys import read_signing_keys
from shared.runtime.environment import ServiceEnvironment, checked_file


class PortalEnvironment(ServiceEnvironment):
    """`signing_key_file` is the Ed25519 private JWK that every token is signed with, or a set.

    With `subject_keys_file` a customer's subject is signed at sign-in.
    """

    subject_keys_file: Path
    signing_key_file: Path
    public_url: str
    invoicing_url: str
    attribution_url: str
    ingestion_url: str

    @field_validator("subject_keys_file")
    @classmethod
    def _holds_keys_of_subjects(cls, file: Path, info: ValidationInfo) -> Path:
        return checked_file(file, info, lambda: read_keys(file, field="TRUEBACK_SUBJECT_KEYS_FILE"))

    @field_validator("signing_key_file")
    @classmethod
    def _holds_signing_keys(cls, file: Path, info: ValidationInfo) -> Path:
        return checked_file(file, info, lambda: read_signing_keys(file))
