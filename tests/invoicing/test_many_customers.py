"""Plans are applied for all customers at once, and by one person at a time."""

import threading

from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.invoicing.models import Contract, Customer, Outbox
from services.invoicing.operations.apply_plans import apply_plans
from shared.auth.actors import Actor
from shared.contracts.invoicing import CUSTOMER_CONTRACTED
from shared.isolation.scope import as_ops
from tests.tokens import client_of


def file_of(customers: int, *, name: str = "Customer", percent: int = 20) -> str:
    keys = [f"c{number}" for number in range(customers)]
    tenants = ", ".join(f"{{key: {key}}}" for key in keys)
    listed = "".join(
        f"""
  - key: {key}
    name: {name} {key}
    email: ap@{key}.example
    contracts: [{{plan: standard, tenants: [{key}], from: 2026-01-01}}]"""
        for key in keys
    )
    return f"""
version: 1
currency: USD
tenants: [{tenants}]
labels: {{tenant: ["tag:customer"]}}
plans:
  - key: standard
    name: Standard
    version: {percent}
    currency: USD
    components: [{{kind: cost_plus, name: Cloud usage, percent: {percent}}}]
customers:{listed}
"""


def statements(content: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        apply_plans(content=content)
    return len(queries)


class TestManyCustomers:
    def test_take_as_many_statements_as_few(self, as_staff):
        few = statements(file_of(3))
        assert statements(file_of(60)) - few <= 2
        assert statements(file_of(60, name="Other")) - few <= 2
        assert Customer.objects.filter(name__startswith="Other").count() == 60

    def test_are_announced_where_they_changed_and_never_else(self, as_staff):
        apply_plans(content=file_of(3))
        Outbox.objects.all().delete()
        apply_plans(content=file_of(3))
        assert not Outbox.objects.exists()
        apply_plans(content=file_of(3, percent=30))
        told = Outbox.objects.filter(topic=CUSTOMER_CONTRACTED.name, dest="portal")
        assert {fact.payload["version"] for fact in told} == {3}
        assert {contract.plan_id for contract in Contract.objects.all()} == {"standard@30"}

    def test_of_several_people_at_the_same_time_are_all_applied(self, transactional_db, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"second_person_above_customers": 20}
        )
        codes = []

        def put(number: int) -> None:
            client = client_of(Actor(f"person {number}", "operator_admin"))
            body = {"content": file_of(20, name=f"By {number}")}
            codes.append(client.put("/api/v1/plans", body, "application/json").status_code)
            connection.close()

        threads = [threading.Thread(target=put, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [200] * 5
        with as_ops():
            names = {one.name.rpartition(" ")[0] for one in Customer.objects.all()}
            assert len(names) == 1
