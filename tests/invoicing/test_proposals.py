"""Plans and contracts that reach far are confirmed by a second person before they are in force."""

import pytest

from services.invoicing.models import Contract, Customer, PlansApplication
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.queries.commercial_terms import terms_in_force, terms_of
from shared.configuration import parse_configuration
from shared.isolation.scope import as_ops
from tests.invoicing.scenarios import make_customer
from tests.proposals import OTTO, Proposing


def plans(*, percents=(20, 20, 20), email="ap"):
    """A customer, a tenant and a plan for each of `percents`."""
    tenants = ", ".join(f"{{key: c{number}}}" for number in range(len(percents)))
    listed = "".join(
        f"""
  - key: p{number}
    name: P
    version: {percent}
    currency: USD
    components: [{{kind: cost_plus, name: Cloud usage, percent: {percent}}}]"""
        for number, percent in enumerate(percents)
    )
    customers = "".join(
        f"""
  - key: c{number}
    name: C
    email: {email}@c{number}.example
    address: {{city: Bonn}}
    contracts:
      - {{plan: p{number}, tenants: [c{number}], from: 2026-01-01, to: 2027-01-01}}
      - {{plan: p{number}, tenants: [c{number}], from: 2027-01-01, disclosure: open_book}}"""
        for number in range(len(percents))
    )
    return f"""
version: 1
currency: USD
tenants: [{tenants}]
labels: {{tenant: ["tag:customer"]}}
seller: {{key: us, name: Us, address: {{city: Ulm}}}}
plans:{listed}
customers:{customers}
"""


@pytest.fixture
def limits(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"second_person_above_customers": 2, "second_person_above_percent": 5}
    )


class TestPlans(Proposing):
    path = "/api/v1/plans"

    def content(self, number):
        return plans(percents=(20, 20, 20 + number))

    def in_force(self):
        with as_ops():
            return sorted(Contract.objects.filter(is_active=True).values_list("plan_id"))

    def test_of_a_file_are_what_is_in_force_once_it_is(self, transactional_db):
        content = plans()
        with as_ops():
            apply_plans(content=content)
            assert terms_in_force() == terms_of(parse_configuration(content))

    def test_that_were_changed_behind_our_back_are_not_confirmed(self, transactional_db):
        self.start()
        waiting = self.propose()
        with as_ops():
            Customer.objects.filter(customer_id="c0").update(email="eve@x.example")
        answer = self.decide(waiting, "confirm")
        assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "changed_since")

    @pytest.mark.parametrize("change", [("open_book", "closed"), ("2026-01-01", "2026-01-02")])
    def test_with_any_other_term_wait(self, transactional_db, change):
        self.start()
        assert self.put(plans().replace(*change)).status_code == 202

    def test_to_other_addresses_wait(self, transactional_db):
        self.start()
        assert self.put(plans(email="eve")).status_code == 202
        assert self.put(plans().replace("Ulm", "Bern")).status_code == 202


class TestTheLimits:
    put = Proposing.put
    decide = Proposing.decide
    path = "/api/v1/plans"

    def waiting(self):
        return self.put(plans(percents=(29, 20, 20))).json()["proposal"]

    def codes(self, *contents):
        return [self.put(content).status_code for content in contents]

    def test_let_one_person_change_as_much(self, transactional_db, limits):
        assert self.codes(plans(), plans(percents=(25, 26, 20))) == [200, 200]

    def test_do_not_ask_about_what_is_in_force_already(self, transactional_db, limits):
        answers = [
            self.put(content) for content in (plans(), plans(), plans(percents=(21, 20, 20)))
        ]
        assert [answer.json()["is_changed"] for answer in answers] == [True, False, True]

    def test_count_from_what_two_have_agreed_on(self, transactional_db, limits):
        steps = [plans(percents=(20 + by, 20, 20)) for by in (0, 3, 6, 9)]
        assert self.codes(*steps) == [200, 200, 200, 202]
        waiting = self.waiting()
        assert waiting["reach"] == {"customers": 1, "percent": "7.50"}
        assert self.decide(waiting, "confirm").status_code == 200
        assert self.codes(plans(percents=(32, 20, 20))) == [200]

    def test_count_customers_one_after_the_other(self, transactional_db, limits):
        assert self.codes(plans(), plans(percents=(21, 20, 20)), plans(percents=(21, 21, 20))) == [
            200,
            200,
            200,
        ]
        assert self.put(plans(percents=(21, 21, 21)), OTTO).status_code == 202

    def test_count_from_what_was_there_before_anybody_was_asked(self, transactional_db, limits):
        with as_ops():
            make_customer("acme")
        answer = self.put(plans())
        assert answer.json()["proposal"]["reach"] == {"customers": 4, "percent": None}
        with as_ops():
            before = terms_in_force()
            apply_plans(content=plans())
            kept = PlansApplication.objects.order_by("pk").first()
            assert (kept.is_agreed, kept.applied_by, kept.terms) == (True, "", before)
        assert self.put(plans(percents=(21, 20, 20))).status_code == 202
