from shared.jobs.models import JobRow
from shared.messaging.consumer.models import InboxFailure, InboxMessage
from shared.messaging.producer.models import OutboxMessage


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
