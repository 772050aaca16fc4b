"""What a service says of itself that is stuck, away or slow: closed codes for a page's sentences.

An answer may carry a code of a later release; who shows it then shows the code.
"""

from enum import StrEnum


class TroubleKind(StrEnum):
    DEAD_LETTER = "dead_letter"
    REFUSED_MESSAGE = "refused_message"
    UNACKNOWLEDGED = "unacknowledged_facts"
    FAILED_JOB = "failed_job"
    REPEATED_JOB = "repeated_job"
    WAITING_JOBS = "waiting_jobs"
    SOURCE = "unreadable_source"
    DELIVERY = "quarantined_delivery"
    STRIPE_EVENTS = "waiting_stripe_events"
    STRIPE_CALL = "stripe_call"
    INVOICE = "stuck_invoice"
    PROPOSAL = "waiting_proposal"
    SERVICE = "silent_service"
    DATABASE = "service_database"
    RUNNER = "runner_process"
    BUS = "bus_process"
    WORKER = "worker_process"
    S3 = "s3_storage"
    BROKER = "message_broker"
    STRIPE = "stripe_api"


class TroubleCode(StrEnum):
    """Why, where a kind has more than one reason, and the most telling word of it otherwise."""

    REFUSED_BY_CONSUMER = "refused_by_consumer"
    REFUSED_HERE = "refused_here"
    NOT_SENT = "not_sent"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    GAVE_UP = "gave_up"
    TRIED_AGAIN = "tried_again"
    NO_RUNNER = "no_runner"
    LANE_IS_BUSY = "lane_is_busy"
    ACCESS_DENIED = "access_denied"
    NO_SUCH_BUCKET = "no_such_bucket"
    NO_STORAGE = "no_storage"
    BAD_CREDENTIALS = "bad_credentials"
    OTHER_REGION = "other_region"
    NO_SUCH_FOLDER = "no_such_folder"
    BAD_CONTENT = "bad_content"
    INCOMPLETE = "incomplete"
    ACCEPTANCE_NEEDED = "acceptance_needed"
    NOT_PROCESSED = "not_processed"
    UNKNOWN_OUTCOME = "unknown_outcome"
    STILL_ISSUING = "still_issuing"
    HELD_BY_STRIPE = "held_by_stripe"
    SECOND_PERSON_NEEDED = "second_person_needed"
    NO_ANSWER = "no_answer"
    AWAY = "away"
    NO_CONNECTION = "no_connection"
    SLOW = "slow"
    NONE_ALIVE = "none_alive"
    ONE_SILENT = "one_silent"
    LOOP_HANGS = "loop_hangs"
    SCRATCH_NOT_WRITABLE = "scratch_not_writable"
