from services.attribution.models import Statement, StatementLine
from shared.contracts.attribution import CostLine


def statement_lines(statement: Statement) -> list[CostLine]:
    lines = StatementLine.objects.filter(statement=statement)
    return [
        CostLine(charge_group=line.charge_group, method=line.method, amount=line.amount)
        for line in lines.order_by("charge_group", "method")
    ]
