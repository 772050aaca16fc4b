"""What holds of a change that waits for a second person, at whichever service it is put."""

import threading

from django.db import DatabaseError, connection, transaction

from shared.audit.counts import COUNTS
from shared.audit.entries import audit_entries
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.proposals.propose import proposals
from tests.tokens import client_of

OLIVIA = Actor("olivia", "operator_admin")
OTTO = Actor("otto", "operator_admin")
OSKAR = Actor("oskar", "operator_admin")


class Proposing:
    """A suite says `path`, `content(number)`: other rules or prices each, and `in_force()`."""

    path: str

    def put(self, content, actor=OLIVIA):
        return client_of(actor).put(self.path, {"content": content}, "application/json")

    def propose(self, number=1, actor=OLIVIA):
        answer = self.put(self.content(number), actor)
        assert answer.status_code == 202, answer.content
        return answer.json()["proposal"]

    def decide(self, proposal, decision, actor=OTTO, **body):
        path = f"{self.path}/proposals/{proposal['proposal_id']}/{decision}"
        return client_of(actor).post(path, body, "application/json")

    def start(self):
        assert self.put(self.content(0)).status_code == 200
        return self.in_force()

    def test_the_first_is_in_force_at_once_and_a_second_waits(self, transactional_db):
        before = self.start()
        assert before
        waiting = self.propose()
        assert self.in_force() == before
        assert waiting["needed"] == {"roles": ["operator_admin"], "not_by": ["olivia"]}
        assert waiting["changes"]["count"] > 0

    def test_a_second_person_puts_it_in_force(self, transactional_db):
        before = self.start()
        answer = self.decide(self.propose(), "confirm")
        assert (answer.status_code, answer.json()["proposal"]["state"]) == (200, "confirmed")
        assert self.in_force() != before
        assert self.put(self.content(1)).status_code == 200

    def test_nobody_confirms_what_is_their_own(self, transactional_db):
        before = self.start()
        waiting = self.propose()
        for actor in (OLIVIA, Actor("OLIVIA", "operator_admin"), Actor(" olivia", OLIVIA.role)):
            answer = self.decide(waiting, "confirm", actor)
            assert answer.status_code == 403
            assert answer.headers["Content-Type"] == "application/problem+json"
            reason = {"code": "own_change", "state": "waiting", "needed": ["operator_admin"]}
            assert answer.json()["reason"] == reason
        for role in ("operator_viewer", "operator_analyst", "billing_approver", "service"):
            assert self.decide(waiting, "confirm", Actor("eve", role)).status_code == 403
        assert self.in_force() == before

    def test_many_small_ones_are_as_far_as_one_large_one(self, transactional_db):
        before = self.start()
        for number in range(1, 4):
            self.propose(number)
        assert self.in_force() == before
        with as_ops():
            states = list(proposals().objects.order_by("proposed_at").values_list("state"))
        assert states == [("replaced",), ("replaced",), ("waiting",)]

    def test_another_persons_waits_for_the_one_before(self, transactional_db):
        self.start()
        first = self.propose(1)
        assert self.propose(1, OTTO)["proposal_id"] == first["proposal_id"]
        answer = self.put(self.content(2), OTTO)
        assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "another_waits")

    def test_what_is_decided_is_decided(self, transactional_db):
        before = self.start()
        for decision, state, actor in (
            ("reject", "rejected", OTTO),
            ("reject", "withdrawn", OLIVIA),
        ):
            waiting = self.propose()
            answer = self.decide(waiting, decision, actor, reason="Not like this.")
            assert answer.json()["proposal"]["state"] == state
            for again in ("confirm", "reject"):
                refused = self.decide(waiting, again)
                assert refused.status_code == 409
                assert refused.json()["reason"] == {
                    "code": "not_waiting",
                    "state": state,
                    "needed": ["waiting"],
                }
        assert self.in_force() == before

    def test_of_two_at_once_one_decides(self, transactional_db):
        before = self.start()
        for number, decisions in enumerate((("confirm", "confirm"), ("confirm", "reject")), 1):
            waiting = self.propose(number)
            answers = self.both(waiting, decisions)
            assert sorted(answers) == [200, 409]
        with as_ops():
            decided = proposals().objects.exclude(decided_by="").count()
        assert decided == 2
        assert self.in_force() != before

    def both(self, waiting, decisions):
        codes = []

        def decide(decision, actor):
            codes.append(self.decide(waiting, decision, actor).status_code)
            connection.close()

        actors = (OTTO, OSKAR)
        threads = [
            threading.Thread(target=decide, args=pair)
            for pair in zip(decisions, actors, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return codes

    def test_an_identifier_of_nothing_is_not_there(self, transactional_db):
        for proposal in ({"proposal_id": "x"}, {"proposal_id": "0192f0c3" * 4}):
            for decision in ("confirm", "reject"):
                assert self.decide(proposal, decision).status_code == 404

    def test_the_audit_log_has_each_step(self, transactional_db):
        COUNTS.forget()  # what other tests were refused in this minute
        self.start()
        self.decide(self.propose(1), "confirm", OLIVIA)
        self.decide(self.propose(1), "confirm")
        self.decide(self.propose(2), "reject")
        with as_ops():
            rows = audit_entries().objects.order_by("id").values_list("actor", "action", "outcome")
            written = [row for row in rows if row[1] != "route.asked"]
        assert written[1:] == [
            ("olivia", "change.proposed", "done"),
            ("olivia", "change.confirmed", "refused"),
            ("otto", f"{self.path.rpartition('/')[2]}.applied", "done"),
            ("otto", "change.confirmed", "done"),
            ("olivia", "change.proposed", "done"),
            ("otto", "change.rejected", "done"),
        ]

    def test_analysts_read_it_and_health_says_that_it_waits(self, transactional_db):
        self.start()
        waiting = self.propose()
        analyst = client_of(Actor("ada", "operator_analyst"))
        [listed] = analyst.get(f"{self.path}/proposals").json()["data"]
        assert listed == waiting
        whole = analyst.get(f"{self.path}/proposals/{waiting['proposal_id']}").json()
        assert whole["content"] == self.content(1)
        [trouble] = analyst.get("/api/v1/health").json()["data"]
        assert (trouble["kind"], trouble["subject"]) == (
            "waiting_proposal",
            waiting["proposal_id"],
        )

    def test_the_database_keeps_what_was_asked_and_who_decided(self, transactional_db):
        self.start()
        waiting = self.propose()
        for changes in (
            {"content": "version: 1"},
            {"proposed_by": "eve"},
            {"state": "confirmed", "decided_by": "olivia"},
            {"state": "confirmed"},
        ):
            assert self.is_refused(waiting, **changes)
        self.decide(waiting, "reject")
        assert self.is_refused(waiting, state="waiting")

    def is_refused(self, waiting, **changes):
        try:
            with as_ops(), transaction.atomic():
                row = proposals().objects.filter(proposal_id=waiting["proposal_id"])
                row.update(**changes)
        except DatabaseError:
            return True
        return False
