"""What AWS charges for in us-west-2: the usage types and list prices that the sample uses."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

REGION: Final = "us-west-2"
# Product code, its name, the code of the service, and FOCUS's category.
_EC2: Final = ("AmazonEC2", "Amazon Elastic Compute Cloud", "AmazonEC2", "Compute")
_RDS: Final = ("AmazonRDS", "Amazon Relational Database Service", "AmazonRDS", "Databases")
_S3: Final = ("AmazonS3", "Amazon Simple Storage Service", "AmazonS3", "Storage")
_ELB: Final = ("AWSELB", "Elastic Load Balancing", "AWSELB", "Networking")
_LOGS: Final = (
    "AmazonCloudWatch",
    "AmazonCloudWatch",
    "AmazonCloudWatch",
    "Management and Governance",
)
_EKS: Final = (
    "AmazonEKS",
    "Amazon Elastic Container Service for Kubernetes",
    "AmazonEKS",
    "Compute",
)
_MSK: Final = ("AmazonMSK", "Amazon Managed Streaming for Apache Kafka", "AmazonMSK", "Analytics")
_ECS: Final = (
    "AmazonECS",
    "Amazon Elastic Container Service",
    "AmazonECS",
    "Compute",
)
_SEARCH: Final = ("AmazonES", "Amazon OpenSearch Service", "AmazonES", "Analytics")
_TRANSFER: Final = ("AmazonEC2", "Amazon Elastic Compute Cloud", "AWSDataTransfer", "Compute")


@dataclass(frozen=True, kw_only=True)
class Meter:
    """One thing with a price; `rate` is US dollars per `unit`, with at most 4 decimals."""

    product: tuple[str, str, str, str]
    family: str
    usage_type: str
    operation: str
    unit: str
    rate: str
    description: str
    instance_type: str = ""

    @property
    def rate_in_ten_thousandths(self) -> int:
        return int(Decimal(self.rate).scaleb(4))


def _instance(kind: str, rate: str) -> Meter:
    return Meter(
        product=_EC2,
        family="Compute Instance",
        usage_type=f"USW2-BoxUsage:{kind}",
        operation="RunInstances",
        unit="Hrs",
        rate=rate,
        description=f"${rate} per On Demand Linux {kind} Instance Hour",
        instance_type=kind,
    )


def _database(kind: str, rate: str) -> Meter:
    return Meter(
        product=_RDS,
        family="Database Instance",
        usage_type=f"USW2-InstanceUsage:{kind}",
        operation="CreateDBInstance:0014",
        unit="Hrs",
        rate=rate,
        description=f"${rate} per {kind} Single-AZ instance hour running PostgreSQL",
        instance_type=kind,
    )


INSTANCES: Final = {
    kind: _instance(kind, rate)
    for kind, rate in {
        "m6i.large": "0.096",
        "m6i.xlarge": "0.192",
        "m6i.2xlarge": "0.384",
        "m6i.4xlarge": "0.768",
        "c6i.2xlarge": "0.34",
        "c6i.4xlarge": "0.68",
        "r6i.2xlarge": "0.504",
        "r6i.4xlarge": "1.008",
    }.items()
}
DATABASES: Final = {
    kind: _database(kind, rate)
    for kind, rate in {
        "db.t4g.large": "0.129",
        "db.r6g.large": "0.225",
        "db.r6g.xlarge": "0.45",
        "db.r6g.2xlarge": "0.899",
        "db.r6g.4xlarge": "1.798",
    }.items()
}
# The right price of the smallest databases: AWS restates the month that had the wrong one.
CORRECTED: Final = {"db.t4g.large": _database("db.t4g.large", "0.117")}
VOLUME: Final = Meter(
    product=_EC2,
    family="Storage",
    usage_type="USW2-EBS:VolumeUsage.gp3",
    operation="CreateVolume-Gp3",
    unit="GB-Mo",
    rate="0.08",
    description="$0.08 per GB-month of General Purpose (gp3) provisioned storage",
)
BUCKET: Final = Meter(
    product=_S3,
    family="Storage",
    usage_type="USW2-TimedStorage-ByteHrs",
    operation="StandardStorage",
    unit="GB-Mo",
    rate="0.023",
    description="$0.023 per GB - first 50 TB / month of storage used",
)
EGRESS: Final = Meter(
    product=_TRANSFER,
    family="Data Transfer",
    usage_type="USW2-DataTransfer-Out-Bytes",
    operation="RunInstances",
    unit="GB",
    rate="0.09",
    description="$0.09 per GB - first 10 TB / month data transfer out beyond the free tier",
)
NAT_HOURS: Final = Meter(
    product=_EC2,
    family="NAT Gateway",
    usage_type="USW2-NatGateway-Hours",
    operation="NatGateway",
    unit="Hrs",
    rate="0.045",
    description="$0.045 per NAT Gateway Hour",
)
NAT_BYTES: Final = Meter(
    product=_EC2,
    family="NAT Gateway",
    usage_type="USW2-NatGateway-Bytes",
    operation="NatGateway",
    unit="GB",
    rate="0.045",
    description="$0.045 per GB Data Processed by NAT Gateways",
)
BALANCER_HOURS: Final = Meter(
    product=_ELB,
    family="Load Balancer-Application",
    usage_type="USW2-LoadBalancerUsage",
    operation="LoadBalancing:Application",
    unit="Hrs",
    rate="0.0225",
    description="$0.0225 per Application LoadBalancer-hour (or partial hour)",
)
BALANCER_UNITS: Final = Meter(
    product=_ELB,
    family="Load Balancer-Application",
    usage_type="USW2-LCUUsage",
    operation="LoadBalancing:Application",
    unit="LCU-Hrs",
    rate="0.008",
    description="$0.008 per used Application load balancer capacity unit-hour",
)
LOG_BYTES: Final = Meter(
    product=_LOGS,
    family="Data Payload",
    usage_type="USW2-DataProcessing-Bytes",
    operation="PutLogEvents",
    unit="GB",
    rate="0.5",
    description="$0.50 per GB custom log data ingested in Standard log class",
)
CLUSTER: Final = Meter(
    product=_EKS,
    family="Compute",
    usage_type="USW2-AmazonEKS-Hours:perCluster",
    operation="CreateOperation",
    unit="Hours",
    rate="0.1",
    description="$0.10 per hour for cluster running Kubernetes in standard support",
)
BROKER: Final = Meter(
    product=_MSK,
    family="Managed Streaming for Apache Kafka (MSK)",
    usage_type="USW2-Kafka.m5.large",
    operation="RunBroker",
    unit="hours",
    rate="0.21",
    description="$0.21 per hour for broker instance kafka.m5.large",
    instance_type="kafka.m5.large",
)
SEARCH: Final = Meter(
    product=_SEARCH,
    family="Amazon OpenSearch Service Instance",
    usage_type="USW2-ESInstance:r6g.large",
    operation="ESDomain",
    unit="Hrs",
    rate="0.167",
    description="$0.167 per r6g.large.search instance hour",
    instance_type="r6g.large.search",
)
FARGATE_CPU: Final = Meter(
    product=_ECS,
    family="Compute",
    usage_type="USW2-Fargate-vCPU-Hours:perCPU",
    operation="FargateTask",
    unit="hours",
    rate="0.0405",
    description="AWS Fargate - vCPU - US West (Oregon)",
)
FARGATE_MEMORY: Final = Meter(
    product=_ECS,
    family="Compute",
    usage_type="USW2-Fargate-GB-Hours",
    operation="FargateTask",
    unit="hours",
    rate="0.0044",
    description="AWS Fargate - Memory - US West (Oregon)",
)
RESERVATION: Final = Meter(
    product=_EC2,
    family="Compute Instance",
    usage_type="USW2-HeavyUsage:m6i.2xlarge",
    operation="RunInstances:0002",
    unit="Hrs",
    rate="0.2419",
    description="USD 0.2419 hourly fee per Linux/UNIX (Amazon VPC), m6i.2xlarge instance",
    instance_type="m6i.2xlarge",
)
SAVINGS_PLAN: Final = Meter(
    product=(
        "ComputeSavingsPlans",
        "Savings Plans for AWS Compute usage",
        "ComputeSavingsPlans",
        "Compute",
    ),
    family="Savings Plans",
    usage_type="ComputeSP:1yrNoUpfront",
    operation="",
    unit="Hrs",
    rate="3",
    description="1 year No Upfront Compute Savings Plan",
)
SUPPORT: Final = Meter(
    product=(
        "AWSSupportBusiness",
        "AWS Support (Business)",
        "AWSSupportBusiness",
        "Management and Governance",
    ),
    family="AWS Support",
    usage_type="Dollar",
    operation="",
    unit="Dollar",
    rate="0",
    description="AWS Support (Business)",
)
MARKETPLACE: Final = Meter(
    product=(
        # pragma: allowlist nextline secret
        "4vw2kq7p3xn8zd1m5ycat0bru",
        "Observely Pro (annual contract, monthly part)",
        "",
        "Other",
    ),
    family="",
    usage_type="Global-SoftwareUsage",
    operation="Contract",
    unit="Units",
    rate="0",
    description="AWS Marketplace software usage: Observely Pro",
)
