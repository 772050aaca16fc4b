"""A period is closed where each check that fails has a reason."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.close_checks import Evidence, close_checks, not_overridden


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
