"""What a restated month corrects, and what people say to it."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import (
    ApprovedCorrections,
    CorrectionList,
    MovedAccount,
    MovedNote,
    WaitingList,
)
from services.invoicing.api.refusals import refusals_as_problems
from services.invoicing.domain.states import COMMERCIAL_ACTIONS
from services.invoicing.models import ClosedPeriod, CreditNote, Debit, TrueUpAccount
from services.invoicing.operations.act_on_account import act_on_account
from services.invoicing.operations.act_on_correction import (
    act_on_note,
    approve_corrections,
    release_debit,
)
from services.invoicing.queries.corrections import read_close, read_corrections
from services.invoicing.queries.reissues import pending_reissue
from services.invoicing.queries.waiting_corrections import read_given, read_waiting
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.vocabulary.account_states import AccountChoice
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import APPROVERS, BILLING, STAFF, Role

_ACTION_CHARACTERS_MAX = 20


class CorrectionsAsked(serializers.Serializer[Any]):
    period = serializers.RegexField(r"^\d{4}-\d{2}$")


class CorrectionsView(ScopedView):
    """The accounts of a month, with what they are billed and corrected by; for staff."""

    roles = {"GET": (*STAFF, Role.SERVICE)}
    audit = {"GET": READ}
    request_serializers = {"GET": CorrectionsAsked}
    response_types = {"GET": {200: CorrectionList}}

    def get(self, _request: Request) -> Response:
        period = self.given()["period"]
        return Response({"data": read_corrections(period), "close": read_close(period)})


class WaitingCorrectionsView(ScopedView):
    """By month, what of its corrections waits for a person, and what people give; for staff."""

    roles = {"GET": (*STAFF, Role.SERVICE)}
    audit = {"GET": READ}
    response_types = {"GET": {200: WaitingList}}

    def get(self, _request: Request) -> Response:
        return Response({"data": read_waiting(), "given": read_given()})


class ApprovalGiven(serializers.Serializer[Any]):
    close = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(default="", allow_blank=True, max_length=2000)


class CorrectionsApprovalView(ScopedView):
    """Approve all that waits of the close that the caller has seen.

    With a reason also what waits for nothing but that the close corrects much in all.
    """

    roles = {"POST": APPROVERS}
    audit = {"POST": Audited(AuditAction.CORRECTIONS_APPROVED, "period", "period")}
    request_serializers = {"POST": ApprovalGiven}
    response_types = {"POST": {200: ApprovedCorrections}}

    def post(self, _request: Request, period: str) -> Response:
        with refusals_as_problems(ClosedPeriod.DoesNotExist):
            approved = approve_corrections(
                period=period, actor=self.actor, now=datetime.now(UTC), **self.given()
            )
        return Response(asdict(approved))


class NoteActionGiven(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(default="", allow_blank=True, max_length=2000)


class NoteActionView(ScopedView):
    """Approve, park or release the version of a credit note that the caller has seen.

    What a person gives is also discarded.
    """

    roles = {"POST": BILLING}
    audit = {"POST": Audited(AuditAction.CREDIT_NOTE_MOVED, "credit_note", "note_id")}
    request_serializers = {"POST": NoteActionGiven}
    response_types = {"POST": {200: MovedNote}}
    path_parameters = {"action": {"enum": [*COMMERCIAL_ACTIONS]}}

    def post(self, _request: Request, note_id: str, action: str) -> Response:
        self.note(details={"action": action[:_ACTION_CHARACTERS_MAX]})
        with refusals_as_problems(CreditNote.DoesNotExist):
            note = act_on_note(
                note_id=note_id,
                action=action,
                actor=self.actor,
                now=datetime.now(UTC),
                **self.given(),
            )
        return Response({"document": note.note_id, "state": note.state, "version": note.version})


class DebitReleaseView(ScopedView):
    """Let the version of a held debit that the caller has seen go on the next invoice."""

    roles = {"POST": APPROVERS}
    audit = {"POST": Audited(AuditAction.DEBIT_RELEASED, "debit", "debit_id")}
    request_serializers = {"POST": NoteActionGiven}
    response_types = {"POST": {200: MovedNote}}

    def post(self, _request: Request, debit_id: str) -> Response:
        with refusals_as_problems(Debit.DoesNotExist):
            debit = release_debit(
                debit_id=debit_id, actor=self.actor, now=datetime.now(UTC), **self.given()
            )
        return Response(
            {"document": debit.debit_id, "state": debit.state, "version": debit.version}
        )


class AccountActionGiven(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class AccountActionView(ScopedView):
    """Decide what becomes of an account that is stopped; the reason is kept in its log."""

    roles = {"POST": APPROVERS}
    audit = {"POST": Audited(AuditAction.ACCOUNT_MOVED, "account", "account_id")}
    request_serializers = {"POST": AccountActionGiven}
    response_types = {"POST": {200: MovedAccount}}
    path_parameters = {"action": {"enum": [*AccountChoice]}}

    def post(self, _request: Request, account_id: str, action: str) -> Response:
        given = self.given()
        self.note(details={"action": action[:_ACTION_CHARACTERS_MAX]}, reason=given["reason"])
        with refusals_as_problems(TrueUpAccount.DoesNotExist):
            account = act_on_account(
                account_id=account_id,
                action=action,
                actor=self.actor,
                now=datetime.now(UTC),
                **given,
            )
        draft = pending_reissue(account)
        return Response(
            {
                "account": account.account_id,
                "state": account.state,
                "invoice_id": draft.invoice_id if draft is not None else "",
            }
        )
