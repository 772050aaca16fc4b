"""The golden cases' invoice at the stand-in: Compute 1,440.60, Storage 372.09, fee 499.00."""

from typing import Any

COMPUTE, STORAGE, FEE = 144_060, 37_209, 49_900
TOTAL = COMPUTE + STORAGE + FEE
CREDIT = 6_030


def finalized(client: Any, customer: Any, *lines: Any, **params: Any) -> Any:
    """An open invoice with these lines (an amount, or a line's fields), else the golden ones."""
    fields = {"customer": customer.id, "currency": "usd", "collection_method": "send_invoice"}
    made = client.v1.invoices.create({**fields, "days_until_due": 30, **params})
    wanted = [
        {"amount": line} if isinstance(line, int) else line
        for line in lines or (COMPUTE, STORAGE, FEE)
    ]
    client.v1.invoices.add_lines(made.id, {"lines": wanted})
    return client.v1.invoices.finalize_invoice(made.id)


def on_line(invoice: Any, amount: int, *, line: int = 0, **fields: Any) -> dict[str, Any]:
    """A credit note's parameters that credit so much on one line."""
    return {
        "invoice": invoice.id,
        "email_type": "none",
        "lines": [
            {
                "type": "invoice_line_item",
                "invoice_line_item": invoice.lines.data[line].id,
                "amount": amount,
            }
        ],
        **fields,
    }


def taxed(amount: int, tax: int, *, percentage: float = 19, **fields: Any) -> dict[str, Any]:
    rate = {"display_name": "VAT", "inclusive": False, "percentage": percentage}
    of = {"amount": tax, "taxable_amount": amount, "tax_rate_data": rate, **fields}
    return {"amount": amount, "tax_amounts": [of]}
