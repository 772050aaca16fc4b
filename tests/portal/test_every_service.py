import pytest
from django.test import Client

from services.portal.models import User
from shared.isolation.scope import as_ops
from tests import every_service
from tests.every_service import TestAuditLog, TestFactsOfOthers, TestIsolationOfTheDatabase
from tests.hostile_requests import answers, forms
from tests.portal.scenarios import sign_in

__all__ = [
    "TestAuditLog",
    "TestFactsOfOthers",
    "TestHostileRequests",
    "TestIsolationOfTheDatabase",
]


class TestHostileRequests(every_service.TestHostileRequests):
    @pytest.fixture(autouse=True)
    def people(self, month):
        """Who is there to sign in, and what there is to see."""

    def answers(self):
        client = Client(raise_request_exception=False)
        with as_ops():
            sign_in(client, User.objects.get(name="olivia"))
        return answers(client, forms(), content_type="application/x-www-form-urlencoded")

    def is_fine(self, answer):
        """A portal answers people, with pages; 503 where a service that it asks isn't there."""
        return answer.status_code < 500 or answer.status_code == 503
