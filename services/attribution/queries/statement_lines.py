from django.db.models import Prefetch, QuerySet

from services.attribution.models import Statement, StatementLine
from shared.contracts.attribution import CostLine


def with_lines(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """Their lines come in one query more, however many statements there are."""
    lines = StatementLine.objects.order_by("charge_group", "method")
    return statements.prefetch_related(Prefetch("lines", lines))


def statement_lines(statement: Statement) -> list[CostLine]:
    """Of a statement that came `with_lines`."""
    return [
        CostLine(charge_group=line.charge_group, method=line.method, amount=line.amount)
        for line in statement.lines.all()
    ]
