"""How names of pools and groups are written for people: on invoice and page by one rule."""

import re
from typing import Final

from shared.vocabulary.recipients import POOL, is_pooled

ACRONYMS: Final = frozenset(
    {
        *("alb", "api", "cdn", "cpu", "dns", "ebs", "ec2", "ecs", "efs", "eks", "elb", "gpu"),
        *("iam", "kms", "nat", "nlb", "rds", "s3", "sns", "sqs", "vpc", "vpn", "waf"),
    }
)


def pool_name(key: str) -> str:
    """`load balancer` of load-balancer, `NAT` of nat."""
    words = re.split(r"[-_ ]+", key.strip("-_ "))
    return " ".join(word.upper() if word.lower() in ACRONYMS else word for word in words)


def charge_group_name(group: str) -> str:
    """`shared NAT` of pool:nat; a group of a tenant's own as it is."""
    return f"shared {pool_name(group.removeprefix(POOL))}" if is_pooled(group) else group


def charge_group_label(group: str) -> str:
    """`Shared NAT` of pool:nat; a group of a tenant's own as it is."""
    return as_heading(charge_group_name(group)) if is_pooled(group) else group


def as_heading(text: str) -> str:
    return text[:1].upper() + text[1:]
