"""A period is closed where each check that fails has a reason."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.close_checks import (
    Evidence,
    Incomplete,
    close_checks,
    doubled_charges,
    not_overridden,
)
from shared.contracts.ingestion import Loss


class TestAClose:
    @given(
        shares=st.decimals("-1", "1", places=4),
        difference=st.integers(-1, 1),
        newest=st.booleans(),
        named=st.sets(st.sampled_from(["proof_holds", "unallocated_within_limit"])),
    )
    def test_goes_on_only_where_each_failed_check_has_a_reason(
        self, shares, difference, newest, named
    ):
        results = close_checks(
            Evidence(1, Decimal(difference), shares, frozenset(), frozenset(), newest, True)
        )
        failed = {result.name for result in results if not result.passed}
        left = {result.name for result in not_overridden(results, dict.fromkeys(named, "known"))}
        assert left == failed - named

    def test_is_not_helped_by_an_empty_reason(self):
        results = close_checks(
            Evidence(1, Decimal(1), Decimal(0), frozenset(), frozenset(), True, True)
        )
        assert not_overridden(results, {"proof_holds": "  "})

    def test_needs_one_where_two_bills_have_the_same_charges(self):
        samples = {"aws": [1, 2, 3, 4], "hand": [3, 4, 9], "azure": [7], "old": []}
        doubled = doubled_charges(samples)
        assert [(one.sources, one.shared, one.of) for one in doubled] == [(("aws", "hand"), 2, 3)]
        evidence = Evidence(
            3,
            *(Decimal(0), Decimal(0)),
            *(frozenset(), frozenset()),
            run_is_newest=True,
            month_is_over=True,
            doubled=tuple(doubled),
        )
        [check] = not_overridden(close_checks(evidence), {})
        assert check.name == "no_charge_twice"
        assert check.finding == ("aws and hand bill the same: 2 of 3 charges that were looked for")

    def test_needs_one_while_a_provider_may_still_change_the_month(self):
        evidence = Evidence(
            1,
            *(Decimal(0), Decimal(0)),
            *(frozenset(), frozenset()),
            run_is_newest=True,
            month_is_over=True,
            open_at_provider=("azure", "oci"),
        )
        [check] = not_overridden(close_checks(evidence), {})
        assert (check.name, check.figures) == ("bill_is_final", {"sources": ["azure", "oci"]})
        assert check.finding == "the provider of azure, oci has not closed the month"

    def test_needs_one_for_what_has_vanished_and_says_what_it_is(self):
        gone = (Loss("tag_key", 2, 3, ["team", "env"]), Loss("resource_id", 190, 200))
        incomplete = (Incomplete("aws", gone),)
        evidence = Evidence(
            1, Decimal(0), Decimal(0), frozenset(), frozenset(), True, True, incomplete=incomplete
        )
        [check] = not_overridden(close_checks(evidence), {})
        assert (check.name, check.finding) == (
            "nothing_vanished",
            "aws lacks 2 of 3 tag_keys (team, env), 190 of 200 resource_ids",
        )
