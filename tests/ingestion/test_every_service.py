from tests.every_service import TestIsolationOfTheDatabase

__all__ = ["TestIsolationOfTheDatabase"]
