"""Who can write every table of invoicing, and lacks the key, is found out by `verify_documents`."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from services.invoicing.models import DocumentChain, DocumentSeal, Invoice, Job, Transition
from services.invoicing.operations import seal_documents
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.remind_invoicing import remind_invoicing
from services.invoicing.operations.seal_documents import anchor_documents, begin_chain
from services.invoicing.operations.verify_documents import verify_documents
from shared.auth.actors import Actor
from shared.faults import BadConfiguration, BadInput, Fault
from shared.isolation.roles import become_owner
from shared.isolation.scope import as_ops
from shared.lake.storage import StoredObject
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice

CLARA = Actor("clara", "billing_clerk")
ANCHOR = "s3://trueback-lake/anchors/invoicing/2026-11-29.json"


class Shelf:
    """S3 as far as anchors need it."""

    def __init__(self):
        self.objects = {}

    def write_once(self, content, uri):
        return self.objects.setdefault(uri, content) is content

    def list(self, uri):
        for name, content in sorted(self.objects.items()):
            if name.startswith(uri):
                yield StoredObject(name, len(content), "", NOW)

    def read(self, uri):
        if uri not in self.objects:
            raise BadInput("the object is not there.")
        return self.objects[uri]


@pytest.fixture(autouse=True)
def shelf(monkeypatch):
    shelf = Shelf()
    monkeypatch.setattr("shared.lake.lake.storage", lambda _environment: shelf)
    return shelf


@pytest.fixture
def documents(db):
    """Three documents, of which one went on: five steps."""
    with as_ops():
        invoices = [make_invoice(make_customer(key)) for key in ("acme", "globex", "initech")]
        for action in ("submit", "park"):
            invoice = Invoice.objects.get(pk=invoices[1].pk)
            act_on_invoice(
                invoice_id=invoice.pk,
                action=action,
                actor=CLARA,
                version=invoice.version,
                reason="it is due",
                now=NOW,
            )
    assert verified().faults == []
    return invoices


def tamper(statement, *values):
    """By the owner of the tables, past their triggers: as whoever has the server."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        become_owner(connection)
        for table in ("transition", "documentseal", "invoiceline", "invoice"):
            cursor.execute(f"alter table invoicing_{table} disable trigger user")
            cursor.execute(f"alter table invoicing_{table} no force row level security")
        cursor.execute(statement, values)
        cursor.execute("reset role")


def verified(*, days_later=0):
    return verify_documents(now=datetime.now(UTC) + timedelta(days=days_later))


def fault():
    faults = verified().faults
    assert faults
    return " ".join(faults)


class TestTheChain:
    def test_seals_every_step_of_every_document_in_one_order(self, documents):
        verification = verified()
        assert (verification.documents, verification.links, verification.adopted) == (3, 5, 0)
        with as_ops():
            links = DocumentSeal.objects.order_by("position").values_list("position", flat=True)
            assert list(links) == [1, 2, 3, 4, 5]

    def test_shows_a_changed_step_whose_unkeyed_hash_was_computed_anew(self, documents):
        """What nobody saw before: the hash had no key."""
        forged = sha256(b"by whoever writes the table").hexdigest()
        with as_ops():
            step = Transition.objects.get(link__position=4)
        tamper("update invoicing_transition set actor = 'bruno', seal = %s where id = %s",
               forged, step.pk)  # fmt: skip
        assert "the first broken link is 4" in fault()

    def test_shows_a_changed_line(self, documents):
        tamper("update invoicing_invoiceline set amount_minor = 1 where customer_id = 'acme'")
        assert f"document {documents[0].pk} is not as link 1 sealed it" in fault()

    def test_shows_a_changed_total(self, documents):
        tamper("update invoicing_invoice set total_minor = 1 where customer_id = 'globex'")
        assert f"document {documents[1].pk} is not as link 5 sealed it" in fault()

    def test_shows_what_an_issued_document_says_since(self, documents):
        with as_ops():
            make_invoice(make_customer("hooli"), number="H-1", state=State.ISSUED)
        assert verified().faults == []
        tamper("update invoicing_invoice set number = 'H-2' where customer_id = 'hooli'")
        assert "is not as link 6 sealed it" in fault()

    def test_shows_two_steps_that_changed_places(self, documents):
        with as_ops():
            first, second = (Transition.objects.get(link__position=at).pk for at in (4, 5))
        for step, position in ((-1, 4), (first, 5), (second, 4)):
            tamper(
                "update invoicing_documentseal set transition_id = %s where position = %s",
                step,
                position,
            )
        assert "the first broken link is 4" in fault()

    def test_shows_a_step_that_was_taken_out_of_the_middle(self, documents):
        with as_ops():
            step = Transition.objects.get(link__position=4)
        tamper("delete from invoicing_documentseal where position = 4")
        tamper("delete from invoicing_transition where id = %s", step.pk)
        assert "the first broken link is 4: it is missing" in fault()

    def test_shows_that_the_last_step_is_gone_and_its_seal_is_not(self, documents):
        with as_ops():
            step = Transition.objects.get(link__position=5)
        tamper("delete from invoicing_transition where id = %s", step.pk)
        assert "the first broken link is 5: what it sealed is gone" in fault()

    def test_shows_a_step_that_was_put_in(self, documents):
        tamper(
            "insert into invoicing_transition (customer_id, invoice_id, sequence, from_state,"
            " to_state, actor, reason, at, previous_seal, seal)"
            " values ('acme', %s, 2, 'draft', 'approved', 'bruno', '', now(), '', 'x')",
            documents[0].pk,
        )
        assert "1 steps of documents have no seal" in fault()


class TestAnAnchor:
    def cut(self, position):
        """The tail, and all that would show it within the database."""
        with as_ops():
            steps = list(
                Transition.objects.filter(link__position__gt=position).values_list("pk", flat=True)
            )
            last = DocumentSeal.objects.get(position=position)
        tamper("delete from invoicing_documentseal where position > %s", position)
        tamper("delete from invoicing_transition where id = any(%s)", steps)
        with as_ops():
            DocumentChain.objects.update(position=position, seal=last.seal)

    def test_shows_a_tail_that_was_cut(self, documents):
        anchor_documents(day="2026-11-29")
        self.cut(3)
        assert "the chain has 3 links and is shorter than the anchor of 2026-11-29" in fault()

    def test_is_what_shows_it(self, documents):
        self.cut(3)
        assert verified().faults == []

    def test_shows_a_chain_that_was_begun_anew(self, documents):
        anchor_documents(day="2026-11-29")
        tamper("delete from invoicing_documentseal")
        with as_ops():
            DocumentChain.objects.update(position=0, seal="")
        tamper("update invoicing_transition set actor = 'bruno'")
        begin_chain()
        assert "the anchor of 2026-11-29 saw another link 5" in fault()

    @pytest.mark.parametrize("altered", [{"count": 3}, {"seal": "0" * 64}, {"key_id": "9"}])
    def test_that_was_altered_is_seen(self, documents, shelf, altered):
        anchor_documents(day="2026-11-29")
        shelf.objects[ANCHOR] = json.dumps(json.loads(shelf.objects[ANCHOR]) | altered).encode()
        assert "the anchor of 2026-11-29" in fault()

    def test_of_another_day_is_seen(self, documents, shelf):
        anchor_documents(day="2026-11-28")
        shelf.objects[ANCHOR] = shelf.objects[ANCHOR.replace("29.json", "28.json")]
        assert "is the anchor of another day, 2026-11-28" in fault()

    def test_that_is_none_is_seen(self, documents, shelf):
        shelf.objects[ANCHOR] = b"{}"
        assert "2026-11-29.json is no anchor" in fault()

    def test_is_written_once(self, documents, shelf):
        anchor_documents(day="2026-11-29")
        before = dict(shelf.objects)
        with as_ops():
            make_invoice(make_customer("hooli"))
        anchor_documents(day="2026-11-29")
        assert shelf.objects == before
        assert verified().anchored == date(2026, 11, 29)

    def test_that_is_taken_away_is_missed_within_days(self, documents, shelf):
        anchor_documents(day=str(datetime.now(UTC).date()))
        assert verified(days_later=1).faults == []
        shelf.objects.clear()
        assert verified(days_later=3).faults == ["there is no anchor since the first document."]

    def test_is_asked_for_every_day_once_there_is_something(self, transactional_db):
        remind_invoicing()
        assert kinds_of_jobs() == set()
        with as_ops():
            make_invoice(make_customer("acme"))
        remind_invoicing()
        assert kinds_of_jobs() == {"anchor_documents"}


class TestDocumentsOfAReleaseWithoutKeys:
    @pytest.fixture
    def unsealed(self, documents):
        tamper("delete from invoicing_documentseal")
        with as_ops():
            DocumentChain.objects.update(position=0, seal="")

    def test_are_sealed_once(self, unsealed):
        begin_chain()
        verification = verified()
        assert (verification.links, verification.adopted, verification.faults) == (5, 5, [])
        begin_chain()
        assert verified().links == 5

    def test_are_sealed_before_the_first_new_one(self, unsealed):
        with as_ops():
            make_invoice(make_customer("hooli"))
        verification = verified()
        assert (verification.links, verification.adopted, verification.faults) == (6, 5, [])

    def test_have_a_job_for_it(self, unsealed):
        remind_invoicing()
        assert kinds_of_jobs() == {"begin_document_chain"}


class TestTheKey:
    def test_is_needed_to_write_a_document(self, db, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"seal_keys_file": None})
        with pytest.raises(BadConfiguration, match="no key to seal documents with"), as_ops():
            make_invoice(make_customer("acme"))

    def test_may_be_followed_by_another(self, documents, settings, tmp_path):
        old = json.loads(settings.ENVIRONMENT.seal_keys_file.read_text())
        file = tmp_path / "keys.json"
        file.write_text(json.dumps(old | {"2027a": "ab" * 32}))
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"seal_keys_file": file})
        with as_ops():
            make_invoice(make_customer("hooli"))
            assert DocumentSeal.objects.get(position=6).key_id == "2027a"
        assert verified().faults == []
        file.write_text(json.dumps({"2027a": "ab" * 32}))
        seal_documents._keys.cache_clear()
        assert "the first broken link is 1: there is no key" in fault()


class TestTheCommand:
    def test_says_what_was_checked(self, documents):
        out = StringIO()
        call_command("verify_documents", stdout=out)
        assert out.getvalue().startswith("3 documents, 5 links checked; no anchor yet.")

    def test_fails_with_the_first_broken_link(self, documents):
        tamper("delete from invoicing_documentseal where position = 2")
        with pytest.raises(Fault, match="first broken link is 2") as failure:
            call_command("verify_documents")
        assert failure.value.exit_code == 1


def kinds_of_jobs():
    with as_ops():
        return set(Job.objects.values_list("kind", flat=True)) & {
            "anchor_documents",
            "begin_document_chain",
        }
