"""Refusals in the shape Stripe gives them."""

from dataclasses import dataclass
from typing import Any


@dataclass
class StripeError(Exception):
    """`saved` says whether an idempotency key keeps this answer: only if the call had begun."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str = ""
    param: str = ""
    decline_code: str = ""
    saved: bool = True

    def body(self) -> dict[str, Any]:
        error = {
            "type": self.type,
            "message": self.message,
            "code": self.code,
            "param": self.param,
            "decline_code": self.decline_code,
        }
        return {"error": {name: value for name, value in error.items() if value}}


def invalid(message: str, *, param: str = "", code: str = "") -> StripeError:
    """A rule of the object itself is broken, found while the call ran."""
    return StripeError(400, message, code=code, param=param)


def malformed(message: str, *, param: str = "", code: str = "") -> StripeError:
    """The parameters don't fit the API; the call never began."""
    return StripeError(400, message, code=code, param=param, saved=False)


def missing(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeError:
    message = f"No such {kind}: '{identifier}'"
    return StripeError(status, message, code="resource_missing", param=param)


def not_implemented(param: str) -> StripeError:
    """Valid at Stripe, but nothing here would act on it: better refused than ignored."""
    message = f"The stand-in does not implement the parameter: {param}"
    return malformed(message, param=param, code="standin_not_implemented")
