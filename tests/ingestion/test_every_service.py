from tests.every_service import (
    TestFactsOfOthers,
    TestHostileRequests,
    TestIsolationOfTheDatabase,
)

__all__ = ["TestFactsOfOthers", "TestHostileRequests", "TestIsolationOfTheDatabase"]
