from shared.audit.models import AuditEntry
from shared.heartbeats.models import HeartbeatRow
from shared.jobs.models import JobRow
from shared.messaging.consumer.models import InboxFailure, InboxMessage
from shared.messaging.producer.models import OutboxMessage
from shared.proposals.models import ProposalRow


class Audit(AuditEntry):
    class Meta(AuditEntry.Meta):
        pass


class Outbox(OutboxMessage):
    class Meta(OutboxMessage.Meta):
        pass


class Inbox(InboxMessage):
    pass


class InboxFailures(InboxFailure):
    pass


class Job(JobRow):
    class Meta(JobRow.Meta):
        pass


class Proposal(ProposalRow):
    class Meta(ProposalRow.Meta):
        pass


class Heartbeat(HeartbeatRow):
    class Meta(HeartbeatRow.Meta):
        pass
