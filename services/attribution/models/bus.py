from shared.jobs.models import JobRow
from shared.messaging.models import InboxFailure, InboxMessage, OutboxMessage


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
