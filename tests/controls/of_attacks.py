"""Controls of `make check-attacks`."""

from tests.attacks.__main__ import report_of
from tests.attacks.groups import attacks
from tests.attacks.victim import Victim
from tests.controls.ground import Ground


def row_security_off(ground: Ground) -> str:
    ground.need_invoices()
    with ground.row_security_off("portal"):
        return _first_broken(ground, "logins.rows_of_others")


def subjects_unchecked(ground: Ground) -> str:
    ground.need_invoices()
    with ground.subjects_unchecked("portal"):
        return _first_broken(ground, "logins.forged_subjects")


def producer_check_off(ground: Ground) -> str:
    ground.need_invoices()
    with ground.injected("producer_check_off"):
        return _first_broken(ground, "bus.facts_of_others")


def fencing_off(ground: Ground) -> str:
    ground.need_invoices()
    with ground.injected("fencing_off"):
        return _first_broken(ground, "leases.without_its_lease")


def _first_broken(ground: Ground, name: str) -> str:
    broken = report_of(attacks([name]), Victim(ground.stack))["broken"]
    return f"{len(broken)} broken, such as {broken[0]}" if broken else ""


CONTROLS = (row_security_off, subjects_unchecked, producer_check_off, fencing_off)
