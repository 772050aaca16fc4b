"""What only a whole delivery of a CUR tells: which negations cancel, and if amounts are net.

The rules, with their sources: docs/reference/aws-bills.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.ingestion.engine.raw_totals import RawTally
from shared.columnar import Session
from shared.exact import EXACT
from shared.faults import printable
from shared.findings import Finding
from shared.sql.expressions import Sql
from shared.sql.scripts import run_script

COLUMNS: Final = (
    *("bill_payer_account_id", "line_item_usage_account_id", "line_item_usage_start_date"),
    *("line_item_line_item_type", "line_item_operation", "line_item_usage_type"),
    *("line_item_unblended_cost", "line_item_net_unblended_cost", "line_item_product_code"),
    *("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n"),
)
"""What is read of a line."""


@dataclass
class Commitments:
    """`line_count`: of Savings Plans and fees, without which nothing is looked for.

    `net_line_count`: of lines that are no discounts and have a net amount.
    """

    session: Session
    line_count: int = 0
    net_line_count: int = 0
    gross: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)

    def create_tables(self) -> None:
        self._run("savings_plan_groups.sql")

    def add_lines(self, lines: Sql) -> None:
        """Those of one file, with these COLUMNS."""
        names = {"lines": lines}
        counted = self._run("net_amounts.sql", names).fetchall()
        line_count, net_lines, gross, charged = counted[0]
        if line_count:
            self._run("savings_plans.sql", names)
        self.line_count += line_count
        self.net_line_count += net_lines
        self.gross = EXACT.add(self.gross, gross)
        self.charged = EXACT.add(self.charged, charged)

    @property
    def is_net(self) -> bool:
        """Net amounts count in all of a delivery, or in none of it."""
        return self.net_line_count > 0

    def settle(self, tally: RawTally) -> None:
        """To be called once, after the last file."""
        moved: list[tuple[str, str, Decimal]] = []
        if self.line_count:
            self._run("balanced_savings_plans.sql")
            moved = self._run("moved_by_negations.sql").fetchall()
        else:
            self._run("no_balanced_savings_plans.sql")
        tally.settle(is_net=self.is_net, moved=moved)

    def findings(self) -> Iterator[Finding]:
        rests = self._run("negation_rests.sql").fetchall() if self.line_count else ()
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

    def _run(self, script: str, names: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, names)
