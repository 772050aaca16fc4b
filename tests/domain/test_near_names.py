"""What was meant by a name that is not there."""

import pytest

from services.attribution.domain.near_names import near_names


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("custmer", ["app", "customer"], ("customer",)),
        ("user:customer", ["app", "customer"], ("customer",)),
        ("resourceTags/user:customer", ["customer"], ("customer",)),
        ("user_customer", ["customer"], ("customer",)),
        ("customer", ["app", "user:customer"], ("user:customer",)),
        ("cost-center", ["CostCenter", "cost:x"], ("CostCenter",)),
        ("team", ["TEAM", "Team", "T-e-a-m", "te_am"], ("TEAM", "Team", "T-e-a-m")),
        ("natgateway*", ["NatGateway-Bytes", "x"], ("NatGateway-Bytes",)),
        (
            "Amazon Elastic Compute",
            ["Amazon Elastic Compute Cloud"],
            ("Amazon Elastic Compute Cloud",),
        ),
        ("22222222222", ["222222222233", "022222222222"], ("022222222222",)),
        ("222222222223", ["222222222222", "111111111111"], ("222222222222",)),
        ("222222222222", ["111111111111"], ()),
        ("zone", ["customer"], ()),
        ("customer", ["customer", ""], ()),
        ("user:", ["", "uses"], ("uses",)),
        ("--", ["x"], ()),
    ],
)
def test_names_what_is_near(name, known, near):
    assert near_names(name, known) == near
