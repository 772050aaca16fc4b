from tests.every_service import TestFactsOfOthers, TestIsolationOfTheDatabase

__all__ = ["TestFactsOfOthers", "TestIsolationOfTheDatabase"]
