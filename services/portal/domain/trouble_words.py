"""How the codes of what is stuck are written for people, and what to do about each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.portal.domain.period_checks import check_label
from shared.vocabulary.proposals import Proposed
from shared.vocabulary.troubles import TroubleCode, TroubleKind


@dataclass(frozen=True)
class TroubleWords:
    """`{names}` are filled in from service, subject and figures; `command` is to be copied."""

    what: str
    to_do: str
    command: str = ""


_START: Final = "See what runs, and start it again; nothing is lost while it stands."
_PROCESS: Final = "It has ended, hangs or was never started: start it again."
_LOOKED_AT: Final = "It is looked at again by itself."
_PROPOSED: Final[Mapping[str, str]] = {
    Proposed.RULESET: "the ruleset",
    Proposed.PERIOD_RULESET: "a closed month's rules",
    Proposed.PLANS: "the plans",
}
# The worst first: what holds up everything, then what is held up for good, then what may pass.
WORDS: Final[Mapping[tuple[str, str], TroubleWords]] = {
    (TroubleKind.SERVICE, TroubleCode.NO_ANSWER): TroubleWords(
        "The {service} service does not answer, so what is stuck there is not known.",
        _START,
        "trueback status",
    ),
    (TroubleKind.DATABASE, TroubleCode.AWAY): TroubleWords(
        "The database of {service} does not answer, so what is stuck there is not known.",
        "See whether PostgreSQL runs, has connections left, and can be reached at"
        " TRUEBACK_DATABASE_OPS_URL. What is committed is kept.",
        "trueback status",
    ),
    (TroubleKind.DATABASE, TroubleCode.NO_CONNECTION): TroubleWords(
        "The database of {service} takes no new connection. Jobs that wait: {count}.",
        "Look into pg_stat_activity for what holds them, and end it, or raise max_connections."
        " What is connected goes on; jobs and processes that begin now fail and are tried again.",
    ),
    (TroubleKind.BROKER, TroubleCode.AWAY): TroubleWords(
        "The broker does not answer {service}. Facts that wait: {count}.",
        "See whether Valkey runs and can be reached at TRUEBACK_BROKER_URL. Until then no worker"
        " and no bus can do anything; all that waits is sent again by itself.",
        "trueback status",
    ),
    (TroubleKind.S3, TroubleCode.AWAY): TroubleWords(
        "S3 does not answer {service}, or refuses. Jobs that wait: {count}.",
        "See whether S3 runs, and whether TRUEBACK_S3_ENDPOINT_URL, TRUEBACK_LAKE_URI and the keys"
        " are right. Jobs go on by themselves; one that gave up has a row of its own.",
        "trueback status",
    ),
    (TroubleKind.RUNNER, TroubleCode.NONE_ALIVE): TroubleWords(
        "No runner of {service} gives a sign of life. Jobs that wait: {count}.",
        f"{_PROCESS} Jobs are done then, one that was begun from its start.",
        "trueback status",
    ),
    (TroubleKind.BUS, TroubleCode.NONE_ALIVE): TroubleWords(
        "No bus of {service} gives a sign of life. Facts that wait: {count}.",
        f"{_PROCESS} Until then nothing is sent, acknowledged or begun by the clock.",
        "trueback status",
    ),
    (TroubleKind.WORKER, TroubleCode.NONE_ALIVE): TroubleWords(
        "No worker of {service} gives a sign of life.",
        f"{_PROCESS} Facts that others send it wait where they come from.",
        "trueback status",
    ),
    (TroubleKind.RUNNER, TroubleCode.SCRATCH_NOT_WRITABLE): TroubleWords(
        "Runner {instance} of {service} can't write to its folder.",
        "Make room on the disk of TRUEBACK_SCRATCH_DIR, or give the runner the right to write"
        " there. Jobs that need it are tried again by themselves.",
    ),
    (TroubleKind.STRIPE, TroubleCode.AWAY): TroubleWords(
        "Stripe does not answer {service}, or refuses its key. Open calls: {count}.",
        "See whether Stripe says that it is away (status.stripe.com), and that"
        " TRUEBACK_STRIPE_API_KEY is right. No call is lost; each is sent again with its key.",
    ),
    (TroubleKind.BUS, TroubleCode.LOOP_HANGS): TroubleWords(
        "Bus {instance} of {service} lives, and does no more of this: {loops}.",
        "See what it fails with in its log. Where it only hangs, start it again.",
        "trueback status",
    ),
    (TroubleKind.WAITING_JOBS, TroubleCode.NO_RUNNER): TroubleWords(
        "No runner takes jobs of kind {subject}. Due: {count}.",
        f"The runner of {{service}} does not run. {_START}",
        "trueback status",
    ),
    (TroubleKind.UNACKNOWLEDGED, TroubleCode.NOT_SENT): TroubleWords(
        "Facts for {subject} are not sent. Waiting: {count}.",
        f"The bus of {{service}} does not run, or {{subject}} takes no more. {_START}",
        "trueback status",
    ),
    (TroubleKind.UNACKNOWLEDGED, TroubleCode.NOT_ACKNOWLEDGED): TroubleWords(
        "Facts for {subject} are sent and not acknowledged. Waiting: {count}.",
        f"The worker of {{subject}} does not run, or can't keep up. {_START}",
        "trueback status",
    ),
    (TroubleKind.DEAD_LETTER, TroubleCode.REFUSED_BY_CONSUMER): TroubleWords(
        "A message was refused by {dest}: {topic}.",
        "Mend what it names at {dest}, then send it again.",
    ),
    (TroubleKind.FAILED_JOB, TroubleCode.GAVE_UP): TroubleWords(
        "Job {job} of {key} gave up. Failed so far: {count}.",
        "Mend what it names, then try it again.",
    ),
    (TroubleKind.STRIPE_CALL, TroubleCode.UNKNOWN_OUTCOME): TroubleWords(
        "Whether {step} of {subject} has reached Stripe is not known.",
        "Nothing while Stripe is away: it is looked for there before it is asked again.",
    ),
    (TroubleKind.INVOICE, TroubleCode.HELD_BY_STRIPE): TroubleWords(
        "Invoice of {customer} for {period} is on hold: Stripe refused it, or has another.",
        "Open the invoice. It says what Stripe answered, and what can be done.",
    ),
    (TroubleKind.INVOICE, TroubleCode.STILL_ISSUING): TroubleWords(
        "Invoice of {customer} for {period} is still being issued.",
        "See the jobs and calls beside it. Without any, the Stripe key may be missing.",
    ),
    (TroubleKind.PROPOSAL, TroubleCode.SECOND_PERSON_NEEDED): TroubleWords(
        "A change of {what} by {by} waits for a second administrator.",
        "Look at it, and confirm or reject it. It is not in force until then.",
    ),
    (TroubleKind.CORRECTIONS, TroubleCode.APPROVER_NEEDED): TroubleWords(
        "Corrections of {subject} wait for an approver: {count}.",
        "See what they are and why they wait, and approve them. Nobody is charged or credited"
        " before.",
        "trueback corrections {subject}",
    ),
    (TroubleKind.PERIOD, TroubleCode.CHECKS_FAIL): TroubleWords(
        "{subject} was restated, and is not closed again: {checks}.",
        "Mend what fails, or close it with a reason. Nothing of it is charged or credited before.",
    ),
    (TroubleKind.PERIOD, TroubleCode.CLOSED_BY_HAND): TroubleWords(
        "{subject} was restated, and waits for a person to close it again.",
        "Look at what has changed, and close it.",
    ),
    (TroubleKind.SOURCE, TroubleCode.ACCESS_DENIED): TroubleWords(
        "Source {subject} may not be listed: {uri}. Failed so far: {count}.",
        f"Give the right to list and read it back, in the bucket's policy. {_LOOKED_AT}",
    ),
    (TroubleKind.SOURCE, TroubleCode.BAD_CREDENTIALS): TroubleWords(
        "The storage of source {subject} refuses our credentials: {uri}. Failed so far: {count}.",
        f"Look at TRUEBACK_S3_ACCESS_KEY and _SECRET_KEY, or the role of the machine. {_LOOKED_AT}",
    ),
    (TroubleKind.SOURCE, TroubleCode.OTHER_REGION): TroubleWords(
        "The bucket of source {subject} lies in another region: {uri}. Failed so far: {count}.",
        f"Set AWS_REGION of ingestion to the bucket's region. {_LOOKED_AT}",
    ),
    (TroubleKind.SOURCE, TroubleCode.NO_SUCH_BUCKET): TroubleWords(
        "The bucket of source {subject} is not there: {uri}. Failed so far: {count}.",
        f"Look for a bucket that was deleted or renamed, or mend the address. {_LOOKED_AT}",
    ),
    (TroubleKind.SOURCE, TroubleCode.NO_SUCH_FOLDER): TroubleWords(
        "The folder of source {subject} is not there: {uri}. Failed so far: {count}.",
        f"Look whether it was moved, or its disk is not mounted. {_LOOKED_AT}",
    ),
    (TroubleKind.SOURCE, TroubleCode.NO_STORAGE): TroubleWords(
        "Source {subject} can't be listed: {uri}. Failed so far: {count}.",
        f"Look whether S3 can be reached from {{service}}. {_LOOKED_AT}",
    ),
    (TroubleKind.DELIVERY, TroubleCode.BAD_CONTENT): TroubleWords(
        "The newest delivery of {source} for {period} was refused.",
        "What was current stays so. Mend the export and retry, or give a file in its place.",
    ),
    (TroubleKind.DELIVERY, TroubleCode.INCOMPLETE): TroubleWords(
        "The newest delivery of {source} for {period} is not whole.",
        "What was current stays so. Copy what is missing; it is taken by itself then.",
    ),
    (TroubleKind.DELIVERY, TroubleCode.ACCEPTANCE_NEEDED): TroubleWords(
        "A person has to say whether the files of {source} for {period} belong together.",
        "What was current stays so. Look at the delivery, and accept it where they do.",
    ),
    (TroubleKind.STRIPE_EVENTS, TroubleCode.NOT_PROCESSED): TroubleWords(
        "Stripe's events are not processed. Waiting: {count}.",
        "See the failed or waiting jobs beside it; they are processed when those go on.",
    ),
    (TroubleKind.REFUSED_MESSAGE, TroubleCode.REFUSED_HERE): TroubleWords(
        "A message of {source} was refused here: {topic}.",
        "Mend what it names here. Then send it again from {source}, where it is a dead letter.",
        "python -m services.{source}.manage bus_replay --id {subject}",
    ),
    (TroubleKind.S3, TroubleCode.SLOW): TroubleWords(
        "S3 answers {service} slowly: {milliseconds} ms.",
        "Pages go without what it has; jobs take longer. See what else uses it, and its network.",
    ),
    (TroubleKind.BROKER, TroubleCode.SLOW): TroubleWords(
        "The broker answers {service} slowly: {milliseconds} ms.",
        "Facts take longer. See what else uses its machine, and its memory.",
    ),
    (TroubleKind.DATABASE, TroubleCode.SLOW): TroubleWords(
        "The database of {service} is slow to take a new connection: {milliseconds} ms.",
        "Jobs begin later. See what else uses its machine.",
    ),
    (TroubleKind.STRIPE, TroubleCode.SLOW): TroubleWords(
        "Stripe answers {service} slowly: {milliseconds} ms.",
        "Issuing a month takes longer. It passes by itself at Stripe, or is in the network.",
    ),
    **{
        (kind, TroubleCode.ONE_SILENT): TroubleWords(
            f"{name} {{instance}} of {{service}} gives no sign of life; another does.",
            "Start it again, unless it was taken away: then it is gone from here after an hour.",
            "trueback status",
        )
        for kind, name in (
            (TroubleKind.RUNNER, "Runner"),
            (TroubleKind.BUS, "Bus"),
            (TroubleKind.WORKER, "Worker"),
        )
    },
    (TroubleKind.WAITING_JOBS, TroubleCode.LANE_IS_BUSY): TroubleWords(
        "Jobs {subject} wait behind one that takes long. Due: {count}.",
        "Wait. A job that hangs is ended by itself.",
    ),
    (TroubleKind.REPEATED_JOB, TroubleCode.TRIED_AGAIN): TroubleWords(
        "Job {job} of {key} is tried again and again. Tries: {count}.",
        "It goes on by itself where the cause passes; after eight tries it gives up.",
    ),
}
_ORDER: Final = [*WORDS]
_UNKNOWN: Final = TroubleWords("{kind}: {code}, {subject}.", "Look into the log of {service}.")


def severity(kind: str, code: str) -> int:
    """Smaller is worse; what is of a later release comes last."""
    return _ORDER.index((kind, code)) if (kind, code) in WORDS else len(_ORDER)


def trouble_words(
    kind: str, code: str, *, service: str, subject: str, figures: Mapping[str, str | int]
) -> TroubleWords:
    words = WORDS.get((kind, code), _UNKNOWN)
    given = {"kind": kind, "code": code, **figures, "service": service, "subject": subject}
    names = _Names({**given, **dict(_in_words(figures))})
    return TroubleWords(
        what=words.what.format_map(names),
        to_do=words.to_do.format_map(names),
        command=words.command.format_map(names),
    )


def _in_words(figures: Mapping[str, str | int]) -> Iterator[tuple[str, str]]:
    """Figures that are codes themselves."""
    if "what" in figures:
        what = str(figures["what"])
        yield "what", _PROPOSED.get(what, what)
    if "checks" in figures:
        yield "checks", ", ".join(map(check_label, str(figures["checks"]).split()))


class _Names(dict[str, str | int]):
    """A figure that a service left out is a gap, not an error."""

    def __missing__(self, name: str) -> str:
        return "?"
