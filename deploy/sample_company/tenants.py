"""Larkfield Analytics, a fictional SaaS company, and the twelve tenants it runs on AWS."""

from dataclasses import dataclass, field
from typing import Final

from deploy.sample_company.months import OFFSETS, SampleMonth

_ALWAYS: Final = (-99, 1)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """`nat`, `requests`, `logs` and `pods` are typical of an hour: GB, LCU x 1000, MB, millicores.

    `tag_values` are the spellings found on its resources, used in turn; `sizes` are per cent, month
    by month; `signed_on` is a month's offset and the day; `covered` says how many of its machines
    the Savings Plan happens to cover, and `covered_restated` how many after all; `services` are
    what it runs on Fargate, as (name, vCPUs, is tagged).
    """

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    tag_values: tuple[str, ...] = ()
    nat: int
    requests: int
    logs: int
    pods: int = 0
    sizes: tuple[int, ...] = (100,) * len(OFFSETS)
    signed_on: tuple[int, int] = _ALWAYS
    instances: tuple[tuple[str, int, str], ...] = ()
    databases: tuple[str, ...] = ()
    volumes_gb: int = 0
    bucket_gb: int = 0
    egress_gb_day: int = 0
    untagged_account: bool = False
    covered: int = 0
    covered_restated: int = 0
    services: tuple[tuple[str, int, bool], ...] = ()
    compliance: str = "soc2"
    extras: tuple[str, ...] = field(default=())

    @property
    def spellings(self) -> tuple[str, ...]:
        return self.tag_values or (self.key,)

    def sized(self, amount: int, month: SampleMonth) -> int:
        """Half-up; what it has some of, it has at least one of."""
        size = self.sizes[OFFSETS.index(month.offset)]
        return max(1, (amount * size + 50) // 100) if amount else 0

    def first_hour(self, month: SampleMonth) -> int:
        """Of the month; its last or a later one where it has not signed on yet."""
        offset, day = self.signed_on
        if offset == month.offset:
            return (day - 1) * 24
        return 0 if offset < month.offset else month.hours

    def machines_covered(self, month: SampleMonth) -> int:
        return self.covered_restated if month.is_restated else self.covered


TENANTS: Final = (
    Tenant(
        key="acme",
        name="Acme Robotics",
        sizes=(93, 97, 100, 101),
        covered_restated=2,
        aliases=("acme-corp", "ACME Inc*"),
        tag_values=("acme", "acme-corp", "ACME Inc."),
        nat=24,
        requests=14_200,
        logs=6_625,
        covered=3,
        instances=(("m6i.4xlarge", 6, "always"), ("c6i.4xlarge", 3, "business")),
        databases=("db.r6g.4xlarge", "db.r6g.2xlarge"),
        volumes_gb=4_800,
        bucket_gb=21_400,
        egress_gb_day=205,
    ),
    Tenant(
        key="globex",
        name="Globex Logistics",
        sizes=(97, 99, 100, 100),
        aliases=("globex-prod",),
        tag_values=("globex", "globex-prod"),
        nat=116,
        requests=5_300,
        logs=2_800,
        instances=(("m6i.xlarge", 4, "always"),),
        databases=("db.r6g.large",),
        volumes_gb=1_200,
        bucket_gb=5_200,
        egress_gb_day=64,
    ),
    Tenant(
        key="initech",
        name="Initech Payroll",
        sizes=(104, 102, 100, 99),
        compliance="pci",
        nat=9,
        requests=4_100,
        logs=2_350,
        instances=(("r6i.4xlarge", 3, "always"),),
        databases=("db.r6g.xlarge",),
        volumes_gb=2_400,
        bucket_gb=3_900,
        egress_gb_day=41,
        untagged_account=True,
        extras=("nat",),
    ),
    Tenant(
        key="borealis",
        name="Borealis Energy",
        sizes=(82, 91, 100, 106),
        covered_restated=3,
        nat=14,
        requests=6_900,
        logs=3_275,
        covered=2,
        instances=(("m6i.4xlarge", 3, "always"), ("c6i.4xlarge", 1, "business")),
        databases=("db.r6g.xlarge",),
        volumes_gb=2_000,
        bucket_gb=9_700,
        egress_gb_day=88,
    ),
    Tenant(
        key="cardinal",
        name="Cardinal Freight",
        sizes=(101, 100, 100, 98),
        nat=11,
        requests=4_800,
        logs=2_150,
        instances=(("m6i.2xlarge", 3, "always"), ("m6i.2xlarge", 1, "business")),
        databases=("db.r6g.large",),
        volumes_gb=1_300,
        bucket_gb=4_400,
        egress_gb_day=52,
    ),
    Tenant(
        key="kestrel",
        name="Kestrel Insurance",
        sizes=(118, 109, 100, 96),
        pods=5_200,
        compliance="hipaa",
        aliases=("kestrel-uw",),
        tag_values=("kestrel", "kestrel-uw"),
        nat=6,
        requests=3_600,
        logs=3_700,
        instances=(("r6i.2xlarge", 3, "always"),),
        databases=("db.r6g.large",),
        volumes_gb=1_500,
        bucket_gb=7_100,
        egress_gb_day=29,
    ),
    Tenant(
        key="eastgate",
        name="Eastgate Retail",
        sizes=(90, 94, 100, 118),
        pods=4_100,
        services=(("checkout", 2, True), ("catalogue", 1, True)),
        compliance="pci",
        nat=8,
        requests=7_700,
        logs=1_525,
        instances=(("m6i.xlarge", 4, "always"), ("m6i.xlarge", 2, "business")),
        databases=("db.r6g.large",),
        volumes_gb=700,
        bucket_gb=2_300,
        egress_gb_day=71,
    ),
    Tenant(
        key="halcyon",
        name="Halcyon Travel",
        sizes=(126, 113, 100, 91),
        pods=2_300,
        services=(("booking", 2, False),),
        aliases=("Halcyon",),
        tag_values=("Halcyon", "halcyon"),
        nat=5,
        requests=3_200,
        logs=1_050,
        instances=(("m6i.large", 3, "always"),),
        databases=("db.t4g.large",),
        volumes_gb=600,
        bucket_gb=1_700,
        egress_gb_day=38,
    ),
    Tenant(
        key="dunmore",
        name="Dunmore Foods",
        sizes=(100, 101, 100, 100),
        pods=1_600,
        nat=4,
        requests=1_700,
        logs=950,
        instances=(("m6i.large", 2, "always"),),
        databases=("db.t4g.large",),
        volumes_gb=500,
        bucket_gb=1_200,
        egress_gb_day=12,
    ),
    Tenant(
        key="fennec",
        name="Fennec Games",
        sizes=(100, 60, 100, 134),
        pods=2_900,
        nat=7,
        requests=2_900,
        logs=725,
        signed_on=(-1, 12),
        instances=(("c6i.2xlarge", 1, "always"),),
        databases=("db.t4g.large",),
        volumes_gb=300,
        bucket_gb=2_600,
        egress_gb_day=96,
    ),
    Tenant(
        key="juniper",
        name="Juniper Lane Studio",
        sizes=(88, 95, 100, 103),
        pods=450,
        nat=1,
        requests=430,
        logs=212,
        instances=(("m6i.large", 1, "always"),),
        volumes_gb=120,
        bucket_gb=340,
        egress_gb_day=4,
    ),
    Tenant(
        key="marlow",
        name="Marlow & Finch",
        sizes=(70, 84, 100, 110),
        pods=180,
        aliases=("marlow-finch",),
        tag_values=("marlow-finch",),
        nat=1,
        requests=160,
        logs=100,
        instances=(("m6i.large", 1, "business"),),
        volumes_gb=60,
        bucket_gb=90,
        egress_gb_day=1,
    ),
)

PAYER: Final = "111122223333"
PRODUCTION: Final = "444455556666"
DATA: Final = "777788889999"
SANDBOX: Final = "210987654321"
INITECH: Final = "123456789012"
ACCOUNT_NAMES: Final = {
    PAYER: "larkfield-management",
    PRODUCTION: "larkfield-production",
    DATA: "larkfield-data",
    SANDBOX: "larkfield-sandbox",
    INITECH: "larkfield-initech",
}
