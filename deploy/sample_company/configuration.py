"""Compose the sample's `trueback.yaml`."""

from datetime import date
from typing import Any, Final

import yaml

from deploy.sample_company.customers import CUSTOMERS, PLANS, SELLER
from deploy.sample_company.months import SampleMonth, months_of
from deploy.sample_company.tenants import INITECH, SANDBOX, TENANTS
from deploy.sample_company.truth import WEIGHTS
from shared.periods import Month

_LABELS: Final = {
    "tenant": [
        "tag:customer",
        "k8s.label:tenant",
        "k8s.annotation:tenant",
        "k8s.namespace-label:tenant",
        "k8s.namespace-annotation:trueback.io/tenant",
        "ecs.tag:customer",
    ],
    "team": ["tag:team", "k8s.label:team"],
    "product": ["tag:product"],
    "environment": ["tag:environment"],
    "feature": ["tag:feature"],
    "compliance": ["tag:compliance"],
}
_RULES: Final = [
    {
        "name": "sandbox-is-overhead",
        "when": {"account": [SANDBOX]},
        "assign": {"overhead": "engineering"},
    },
    {
        "name": "marketplace-is-billed-apart",
        "when": {"service": ["Observely*"]},
        "assign": {"exclude": "marketplace"},
    },
    {
        "name": "unused-commitment-is-overhead",
        "when": {"usage_type": ["ComputeSP:*", "*HeavyUsage:*"]},
        "assign": {"overhead": "commitments"},
    },
    {
        "name": "support-to-pool",
        "when": {"service": ["AWS Support*"]},
        "assign": {"pool": "support"},
    },
    {"name": "tax-to-pool", "when": {"charge_category": ["Tax"]}, "assign": {"pool": "tax"}},
    {
        "name": "initech-has-its-own-credits",
        "when": {"charge_category": ["Credit"], "account": [INITECH]},
        "assign": {"tenant": "initech"},
    },
    {
        "name": "credits-to-pool",
        "when": {"charge_category": ["Credit"]},
        "assign": {"pool": "credits"},
    },
    {
        "name": "control-planes-to-cluster",
        "when": {"usage_type": ["*AmazonEKS-Hours*"]},
        "assign": {"pool": "cluster"},
    },
]


def _pool(name: str, when: dict[str, Any] | None, per: str, *drivers: Any) -> dict[str, Any]:
    pool: dict[str, Any] = {"name": name}
    if when:
        pool["when"] = when
    return pool | {"drivers": list(drivers), "per": per}


_EVEN: Final = {"even": True}
_DIRECT: Final = {"proportional": "direct"}
_POOLS: Final = [
    _pool("nat", {"usage_type": ["*NatGateway*"]}, "hour", {"signal": "nat_bytes"}, _EVEN),
    _pool(
        "load-balancer",
        {"usage_type": ["*LoadBalancerUsage", "*LCUUsage"]},
        "hour",
        {"signal": "alb_lcu"},
        _EVEN,
    ),
    _pool(
        "logs",
        {"service": ["AmazonCloudWatch"], "usage_type": ["*DataProcessing-Bytes"]},
        "hour",
        {"signal": "log_bytes"},
        _DIRECT,
    ),
    _pool(
        "cluster",
        {"k8s": {"namespace": ["kube-system"]}},
        "hour",
        {"signal": "pod_count"},
        {"signal": "pod_count", "per": "day"},
        _EVEN,
    ),
    _pool("monitoring", {"tags": {"app": ["monitoring"]}}, "hour", {"signal": "series"}, _EVEN),
    *(
        _pool(name, {"tags": {"app": [name]}}, "period", {"weights": weights})
        for name, weights in WEIGHTS.items()
    ),
    *(_pool(name, None, "period", _DIRECT) for name in ("support", "tax", "credits")),
]


def _since(anchor: Month) -> date:
    """Before all that the sample tells of."""
    return date(next(months_of(anchor)).month.year, 1, 1)


def _tenants(anchor: Month) -> list[dict[str, Any]]:
    entries = []
    signed_on = {month.offset: month.month.start.date() for month in months_of(anchor)}
    for tenant in TENANTS:
        entry: dict[str, Any] = {"key": tenant.key, "name": tenant.name}
        if tenant.aliases:
            entry["aliases"] = list(tenant.aliases)
        offset, day = tenant.signed_on
        since = signed_on[offset].replace(day=day) if offset in signed_on else _since(anchor)
        entries.append(entry | {"active": {"from": since}})
    return entries


def _customers(anchor: Month) -> list[dict[str, Any]]:
    """A tenant that signed on in a month pays from the next one on."""
    starts = {
        tenant.key: month.month.following.start.date()
        for tenant in TENANTS
        for month in months_of(anchor)
        if tenant.signed_on[0] == month.offset
    }
    return [
        customer
        | {
            "contracts": [
                contract | {"from": starts.get(contract["tenants"][0], _since(anchor))}
                for contract in customer["contracts"]
            ]
        }
        for customer in CUSTOMERS
    ]


def customers_of(month: SampleMonth) -> list[str]:
    """Who has a contract that the month, or a part of it, is under."""
    return [
        customer["key"]
        for customer in _customers(month.anchor)
        if any(contract["from"] < month.month.end.date() for contract in customer["contracts"])
    ]


def compose(anchor: Month) -> str:
    sections: list[tuple[str, dict[str, Any]]] = [
        (
            "A small SaaS company: who its tenants are, whose cost is whose, what it charges.",
            {"version": 1, "currency": "USD", "cost": "EffectiveCost"},
        ),
        ("Tenants, with the spellings found on their resources.", {"tenants": _tenants(anchor)}),
        ("Where a tenant or a dimension is looked up; the first hit wins.", {"labels": _LABELS}),
        ("Before labels, first match wins.", {"rules": _RULES}),
        (
            "After labels: what tenants share. A driver's successor is its fallback.",
            {"pools": _POOLS},
        ),
        ("What is left, by account.", {"defaults": {"accounts": {INITECH: "initech"}}}),
        ("", {"idle": "overhead", "commitments": "as_billed"}),
        ("What is charged.", {"seller": SELLER, "plans": list(PLANS)}),
        (
            "A month that AWS restates is closed again at once, and its invoices are corrected.",
            {"billing": {"reclose": {"mode": "automatic", "quiet_days": 0}}},
        ),
        ("By whom it is paid.", {"customers": _customers(anchor)}),
    ]
    return "\n".join(_section(title, body) for title, body in sections)


def _section(title: str, body: dict[str, Any]) -> str:
    text = yaml.dump(body, sort_keys=False, width=96, allow_unicode=True, Dumper=_Plain)
    return f"# {title}\n{text}" if title else text


class _Plain(yaml.SafeDumper):
    """No anchors: every list is written where it belongs."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class' signature
        return True
