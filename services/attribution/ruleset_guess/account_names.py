"""Accounts that are customers', by the names that the bill has for them.

Words for environments say nothing about whose an account is; words for what serves all, or for a
team, say that it is no customer's. What is left of a name is the customer's.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.attribution.domain.near_tenants import bare_name
from shared.exact import exact_sum

_WORDS: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text))


_OF_ANY: Final = _words(
    "prod production prd live non nonprod pre preprod dev develop development stage staging stg"
    " test testing qa uat sandbox preview demo poc pilot dr env environment aws account acct"
    " workload workloads"
)
_OF_A_CUSTOMER: Final = _words("tenant customer client")
_OF_ALL: Final = _words(
    "shared payer master management mgmt root security audit log logs logging archive network"
    " networking transit infrastructure infra platform tooling tools devops cicd identity iam sso"
    " backup backups dns central common monitoring observability internal billing organization"
)
_OF_A_TEAM: Final = _words(
    "core service services hub ci cd build builds deploy deployment control tower landing zone data"
    " lake analytics warehouse bi ml ai research engineering marketing sales finance hr it ops"
    " operations support web website app apps application api backend frontend mobile product"
    " legacy main default"
)
_TENANTS_MIN: Final = 3
_PERCENT_MIN: Final = 10
_PERCENT_OF_TWO_MIN: Final = 50
_ALIKE_MIN: Final = 3
"""From so many accounts on, a word that all of their names have is no customer's."""


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    """'' where the bill has none."""
    pays: bool
    """For the others: the organization's management account."""
    usage: Decimal
    cost: Decimal


@dataclass(frozen=True)
class AccountTenant:
    name: str
    accounts: tuple[Account, ...]

    @property
    def cost(self) -> Decimal:
        return exact_sum(account.cost for account in self.accounts)


@dataclass(frozen=True)
class AccountTenants:
    tenants: tuple[AccountTenant, ...] = ()
    """By cost."""
    others: tuple[Account, ...] = ()
    """Shared accounts, a team's, one that pays, and those without a name."""

    @property
    def are_likely(self) -> bool:
        """Enough of them, with enough of the cost of usage, to start from."""
        own = exact_sum(each.usage for tenant in self.tenants for each in tenant.accounts)
        total = own + exact_sum(account.usage for account in self.others)
        few = len(self.tenants) < _TENANTS_MIN
        least = _PERCENT_OF_TWO_MIN if few else _PERCENT_MIN
        return len(self.tenants) > 1 and own * 100 >= total * least


def tenants_of_accounts(accounts: Sequence[Account]) -> AccountTenants:
    names = dict(_customers(accounts))
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        if account in names:
            groups.setdefault(bare_name(names[account]), []).append(account)
    tenants = (AccountTenant(names[group[0]], tuple(group)) for group in groups.values())
    return AccountTenants(
        tuple(sorted(tenants, key=lambda tenant: (-tenant.cost, tenant.name))),
        tuple(account for account in accounts if account not in names),
    )


def _customers(accounts: Sequence[Account]) -> Iterator[tuple[Account, str]]:
    """Those that cost something and whose names are somebody's, with that name."""
    named = {
        account: words
        for account in accounts
        if not account.pays and account.usage > 0 and (words := _own_words(account))
    }
    for account, words in named.items():
        own = [word for word in words if word.lower() not in _words_of_each(named)] or words
        if bare_name(" ".join(own)):
            yield account, " ".join(own)


def _own_words(account: Account) -> list[str]:
    if account.name == account.id:
        return []
    words = _WORDS.findall(_CAMEL.sub(" ", account.name))
    own = [word for word in words if word.lower() not in _OF_ANY | _OF_A_CUSTOMER]
    lower = {word.lower() for word in own}
    if not lower or lower & _OF_ALL or lower <= _OF_A_TEAM:
        return []
    if any(map(str.isalpha, "".join(own))):
        return own
    # Of `Customer 17` the number alone is left, as of `Sandbox 2`, which is nobody's.
    return words if _OF_A_CUSTOMER & {word.lower() for word in words} else []


def _words_of_each(named: Mapping[Account, Sequence[str]]) -> set[str]:
    if len(named) < _ALIKE_MIN:
        return set()
    counts = Counter(word for words in named.values() for word in {w.lower() for w in words})
    return {word for word, count in counts.items() if count == len(named)}
