"""Real ids of a running stack, for whatever a path names; each with the customer it is of."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.invoicing.domain.states import ACTIONS
from shared.vocabulary.fixes import FixRoute
from tests.attacks.victim import Victim

_QUERIES: Mapping[str, tuple[str, str]] = {
    "invoice_id": ("invoicing", "select invoice_id, customer_id from invoicing_invoice"),
    "customer_id": ("invoicing", "select customer_id, customer_id from invoicing_customer"),
    "debit_id": ("invoicing", "select debit_id, customer_id from invoicing_debit limit 50"),
    "note_id": ("invoicing", "select note_id, customer_id from invoicing_creditnote limit 50"),
    "account_id": (
        "invoicing",
        "select account_id, customer_id from invoicing_trueupaccount limit 50",
    ),
    "tenant": ("attribution", "select tenant_id, tenant_id from attribution_tenant"),
    "period": ("attribution", "select period, '' from attribution_period"),
    "run_id": ("attribution", "select run_id, '' from attribution_run"),
    "question_id": (
        "attribution",
        "select key, '' from attribution_job where requested_by <> '' limit 50",
    ),
    "message_id": ("invoicing", "select message_id, '' from invoicing_outbox limit 50"),
    "proposal_id": ("attribution", "select proposal_id, '' from attribution_proposal limit 50"),
    "delivery_id": ("ingestion", "select delivery_id, '' from ingestion_delivery limit 50"),
    "upload_id": ("ingestion", "select upload_id, '' from ingestion_upload limit 50"),
    "job_id": ("attribution", "select job_id, '' from attribution_job limit 50"),
}
_SAME = {"id": "invoice_id", "key": "tenant", "note": "note_id"}
# A stack may have none of these; then it is asked for one that is not there.
_MAY_BE_NONE = {
    "question_id": "0" * 64,
    "proposal_id": "00000000-0000-7000-8000-000000000000",
    "upload_id": "upl_nobody",
    "note_id": "cn_nobody",
    "debit_id": "deb_nobody",
    "account_id": "acc_nobody",
}
# A link of the portal that is not there, and the first part of an upload.
_WORDS = {"token": "nobody-has-this-token", "number": "1"}


@dataclass(frozen=True)
class Ids:
    values: Mapping[str, list[tuple[str, str]]]

    def of(self, parameter: str) -> list[tuple[str, str]]:
        return self.values[_SAME.get(parameter, parameter)]


def ids_of(victim: Victim) -> Ids:
    """Raises LookupError where the stack has none of something that every stack with data has."""
    values = {
        name: [(str(value), owner) for value, owner in victim.rows(service, query)]
        for name, (service, query) in _QUERIES.items()
    }
    for name, nobodys in _MAY_BE_NONE.items():
        values[name] = values[name] or [(nobodys, "")]
    values["action"] = [(action, "") for action in ACTIONS]
    values["route"] = [(route, "") for route in FixRoute]
    values |= {name: [(word, "")] for name, word in _WORDS.items()}
    if empty := [name for name, known in values.items() if not known]:
        raise LookupError(f"the stack has no {', '.join(empty)}")
    return Ids(values)
