"""The roles of people and services, and the groups that rights are given to."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    OPERATOR_VIEWER = "operator_viewer"
    OPERATOR_ANALYST = "operator_analyst"
    OPERATOR_ADMIN = "operator_admin"
    BILLING_CLERK = "billing_clerk"
    BILLING_APPROVER = "billing_approver"
    CUSTOMER_MEMBER = "customer_member"
    CUSTOMER_ADMIN = "customer_admin"
    SERVICE = "service"


# Who may ask what takes a while, and change nothing by it.
ANALYSTS: Final = (Role.OPERATOR_ANALYST, Role.OPERATOR_ADMIN)
ADMINISTRATORS: Final = (Role.OPERATOR_ADMIN,)
OPERATORS: Final = (Role.OPERATOR_VIEWER, *ANALYSTS)
APPROVERS: Final = (Role.BILLING_APPROVER,)
BILLING: Final = (Role.BILLING_CLERK, *APPROVERS)
# The people of the company that runs trueback.
STAFF: Final = (*OPERATORS, *BILLING)
CUSTOMERS: Final = (Role.CUSTOMER_MEMBER, Role.CUSTOMER_ADMIN)
