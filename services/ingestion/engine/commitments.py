"""What only a whole delivery of a CUR tells: which negations cancel, and if amounts are net.

The rules, with their sources: docs/reference/aws-bills.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from services.ingestion.engine.raw_totals import RawTally
from shared.columnar import Session
from shared.exact import EXACT
from shared.faults import printable
from shared.findings import Finding
from shared.sql.scripts import run_script


@dataclass
class Commitments:
    """`net_line_count`: of lines that are no discounts and have a net amount."""

    session: Session
    net_line_count: int = 0
    gross: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)

    def create_tables(self) -> None:
        self._run("savings_plan_groups.sql")

    def add_lines(self) -> None:
        """Those of the view `cur_lines`, one file."""
        commitment_lines, net_lines, gross, charged = self._run("net_amounts.sql").fetchall()[0]
        if commitment_lines:  # most bills of a company without plans have none
            self._run("savings_plans.sql")
        self.net_line_count += net_lines
        self.gross = EXACT.add(self.gross, gross)
        self.charged = EXACT.add(self.charged, charged)

    @property
    def is_net(self) -> bool:
        """Net amounts count in all of a delivery, or in none of it."""
        return self.net_line_count > 0

    def settle(self, tally: RawTally) -> None:
        """To be called once, after the last file."""
        self._run("balanced_savings_plans.sql")
        moved = self._run("moved_by_negations.sql").fetchall()
        tally.settle(is_net=self.is_net, moved=moved)

    def findings(self) -> Iterator[Finding]:
        rests = self._run("negation_rests.sql").fetchall()
        for is_alone, count, rest, largest, started_at, usage_type in rests:
            differ = (
                f"Savings Plan negations of {rest} have no usage of their plan, account, product,"
                f" usage type and hour, first {printable(usage_type)!r} at"
                f" {started_at:%Y-%m-%dT%H:%M}Z, in {count} groups of an hour"
                if is_alone
                else f"Savings Plan usage and its negation differ by {rest} in {count} groups of an"
                " hour"
            )
            what = "each" if is_alone else "what is left of a negation"
            yield Finding(
                "negation-rest", f"{differ}, at most by {largest}: {what} is billed by its line."
            )
        if self.is_net and self.charged != self.gross:
            yield Finding(
                "net-amounts",
                f"The net amounts sum to {self.charged}, the unblended ones to {self.gross}: a"
                " discount is in one of them alone. Net amounts count.",
            )

    def _run(self, script: str) -> Session:
        return run_script(self.session, __package__, script)
