from tests.every_service import (
    TestAuditApi,
    TestAuditLog,
    TestFactsOfOthers,
    TestHealthApi,
    TestHostileRequests,
    TestIsolationOfTheDatabase,
    TestSchema,
)

__all__ = [
    "TestAuditApi",
    "TestAuditLog",
    "TestFactsOfOthers",
    "TestHealthApi",
    "TestHostileRequests",
    "TestIsolationOfTheDatabase",
    "TestSchema",
]
