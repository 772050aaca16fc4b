"""How the names of pools and states are written for people."""

import re
from typing import Final

POOL: Final = "pool:"
METHODS: Final = {
    "rule": "By rule",
    "label": "By its tag",
    "pod": "By its pods",
    "task": "By its tasks",
    "default": "By its account or cluster",
    "pool-signal": "By measured use",
    "pool-proportional": "In proportion to direct cost",
    "pool-even": "Evenly",
    "pool-weights": "By fixed weights",
    "none": "Nobody's",
}
_ACRONYMS: Final = frozenset(
    [
        *("alb", "api", "cpu", "ebs", "ec2", "ecs", "eks", "elb", "gpu", "iam", "kms", "nat"),
        *("nlb", "rds", "s3", "sns", "sqs", "vpc", "waf"),
    ]
)
_ROLES: Final = {
    "operator_viewer": "Operator, viewer",
    "operator_analyst": "Operator, analyst",
    "operator_admin": "Operator, administrator",
    "billing_clerk": "Billing, clerk",
    "billing_approver": "Billing, approver",
    "customer_member": "Member",
    "customer_admin": "Administrator",
}


def pool_name(key: str) -> str:
    """`load balancer` of load-balancer, `NAT` of nat."""
    words = re.split(r"[-_ ]+", key)
    return " ".join(word.upper() if word.lower() in _ACRONYMS else word for word in words)


def role_label(role: str, customer: str = "") -> str:
    """A customer's role with whose it is, where that is given."""
    label = _ROLES.get(role, role)
    return f"{label} of {customer}" if customer else label


def charge_group_name(group: str) -> str:
    """`Shared NAT` of pool:nat; a group of a tenant's own as it is."""
    if not group.startswith(POOL):
        return group
    return f"Shared {pool_name(group.removeprefix(POOL))}"


def as_heading(text: str) -> str:
    return text[:1].upper() + text[1:]
