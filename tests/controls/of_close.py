"""Controls of `make chaos` and of the suite tests/system: half of the protocol is taken away."""

from tests.controls.ground import Ground
from tests.system.close_run import (
    count,
    failures,
    forget_acknowledgements,
    forget_facts_in_the_queue,
    settled,
)

# A fact that nobody has acknowledged is sent again within some ten seconds.
_SENT_AGAIN_SECONDS = 25
_NOT_REACHED = "not reached"


def outbox_retired_at_publish(ground: Ground) -> str:
    with ground.close(faults="retire_at_publish", patience_seconds=_SENT_AGAIN_SECONDS) as run:
        assert forget_facts_in_the_queue(run), _NOT_REACHED
        run.finish()
        return "; ".join(failures(run))


def inbox_off(ground: Ground) -> str:
    """Revenue is recorded as soon as invoices are drafted: the close goes no further."""
    with ground.close(faults="inbox_off", until="invoice") as run:
        assert forget_facts_in_the_queue(run), _NOT_REACHED
        assert forget_acknowledgements(run), _NOT_REACHED
        run.finish()
        return "; ".join(one for one in failures(run) if "of revenue is recorded" in one)


def acknowledgements_dropped(ground: Ground) -> str:
    with ground.close(faults="drop_acks", until="invoice") as run:
        assert run.wait(lambda: count(run, "attribution", "attribution_run") > 0), _NOT_REACHED
        is_settled = settled(run, seconds=_SENT_AGAIN_SECONDS)
        run.finish()
        return "" if is_settled else "messages stay unacknowledged"


CONTROLS = (outbox_retired_at_publish, inbox_off, acknowledgements_dropped)
