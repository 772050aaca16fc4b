"""How methods, states and roles are written for people."""

from collections.abc import Mapping
from typing import Final

from shared.vocabulary.invoice_states import State
from shared.vocabulary.methods import Method
from shared.vocabulary.roles import Role

METHODS: Final[Mapping[str, str]] = {
    Method.RULE: "Direct: rule",
    Method.LABEL: "Direct: resource tag",
    Method.POD: "Direct: pods",
    Method.TASK: "Direct: tasks",
    Method.DEFAULT: "Direct: account or cluster",
    Method.LATE_CORRECTION: "Direct: late correction",
    Method.POOL_SIGNAL: "By measured use",
    Method.POOL_PROPORTIONAL: "In proportion to direct cost",
    Method.POOL_EVEN: "Evenly",
    Method.POOL_WEIGHTS: "By fixed weights",
    Method.NONE: "Unallocated",
}
STATES: Final[Mapping[str, str]] = {
    State.PARKED: "On hold",
    State.DRAFT: "Draft",
    State.IN_REVIEW: "In review",
    State.APPROVED: "Approved",
    State.ISSUING: "Issuing",
    State.ISSUED: "Issued",
    State.OVERDUE: "Overdue",
    State.PAID: "Paid",
    State.UNCOLLECTIBLE: "Uncollectible",
    State.VOID: "Void",
}
_ROLES: Final[Mapping[str, str]] = {
    Role.OPERATOR_VIEWER: "Operator, viewer",
    Role.OPERATOR_ANALYST: "Operator, analyst",
    Role.OPERATOR_ADMIN: "Operator, administrator",
    Role.BILLING_CLERK: "Billing, clerk",
    Role.BILLING_APPROVER: "Billing, approver",
    Role.CUSTOMER_MEMBER: "Member",
    Role.CUSTOMER_ADMIN: "Administrator",
}


def role_label(role: str, customer: str = "") -> str:
    """A customer's role with whose it is, where that is given."""
    label = _ROLES.get(role, role)
    return f"{label} of {customer}" if customer else label
