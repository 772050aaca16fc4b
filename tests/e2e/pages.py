"""Every page that a person can open: the route's name, who looks, and where it is.

`{draft}`, `{issued}`, `{month}` and `{delivery}` are filled in from the running demo. A route of
the portal that is neither here nor among `NO_PAGES` fails a test of the portal's suite.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ShownPage:
    route: str
    person: str
    path: str

    def __str__(self) -> str:
        return f"{self.person}:{self.path}"


PAGES: Final = (
    ShownPage("overview", "olivia", "/overview?period={month}"),
    ShownPage("overview", "olivia", "/overview?period=2019-01"),
    ShownPage("pools", "olivia", "/pools?period={month}"),
    ShownPage("close", "olivia", "/close?period={month}"),
    ShownPage("margins", "olivia", "/margins?period={month}"),
    ShownPage("margins", "olivia", "/margins?period={month}&view=negative"),
    ShownPage("margins", "olivia", "/margins?period={month}&q=nobody"),
    ShownPage("margins", "olivia", "/margins?period=2019-01"),
    ShownPage("tenant", "olivia", "/tenants/globex?period={month}"),
    ShownPage("tenant_plans", "olivia", "/tenants/globex/plans?period={month}"),
    ShownPage("why", "olivia", "/tenants/globex/why?period={month}&group=pool:nat"),
    ShownPage("sources", "olivia", "/sources"),
    ShownPage("source", "olivia", "/sources/aws"),
    ShownPage("delivery", "olivia", "/deliveries/{delivery}"),
    ShownPage("changes", "olivia", "/changes"),
    ShownPage("health", "olivia", "/health"),
    ShownPage("audit", "olivia", "/audit"),
    ShownPage("audit", "olivia", "/audit?person=nobody"),
    ShownPage("invoices", "clara", "/invoices?period={month}"),
    ShownPage("invoice", "clara", "/invoices/{draft}"),
    ShownPage("invoice", "bruno", "/invoices/{issued}"),
    ShownPage("fix_invoice", "bruno", "/invoices/{issued}/fix"),
    ShownPage("fix_invoice", "clara", "/invoices/{issued}/fix?route=goodwill&line-1=0.05"),
    ShownPage("fix_invoice", "clara", "/invoices/{draft}/fix"),
    ShownPage("invoices", "clara", "/invoices"),
    ShownPage("invoices", "bruno", "/invoices?view=corrections"),
    ShownPage("invoices", "bruno", "/invoices?view=overdue"),
    ShownPage("corrections", "clara", "/corrections/{month}"),
    ShownPage("corrections", "bruno", "/corrections/{month}"),
    ShownPage("corrections", "bruno", "/corrections/2019-01"),
    ShownPage("customer_account", "clara", "/customers/acme/account"),
    ShownPage("account", "ann@acme", "/account/statement"),
    ShownPage("account", "eva@halcyon", "/account/statement?from=2019-01-01&to=2019-12-31"),
    ShownPage("customer_home", "ann@acme", "/account"),
    ShownPage("customer_breakdown", "ann@acme", "/account/breakdown"),
    ShownPage("customer_invoice", "ann@acme", "/account/invoices/{issued}"),
    ShownPage("404", "olivia", "/nothing/here"),
    ShownPage("403", "clara", "/margins"),
)
# They redirect, are files, or take a post alone.
NO_PAGES: Final = frozenset(
    {
        *("home", "invoice_action", "close_period", "sign_out", "demo_person", "demo_tour"),
        *("cancel_why", "approve_close", "note_action", "corrections_csv"),
        *("take_route", "credit_action"),
        *("move_trouble", "decide_change", "reattribute_period"),
        *("new_source", "source_action", "delivery_action"),
        *("margins_csv", "tenant_csv", "pools_csv", "invoices_csv", "customer_breakdown_csv"),
        "audit_csv",
        *("customer_invoices_csv", "invoice_pdf", "invoice_picture", "customer_invoice_pdf"),
        *("note_pdf", "customer_note_pdf", "account_csv", "account_pdf"),
        *("customer_account_csv", "customer_account_pdf"),
        *("sign_in", "sign_in_link"),  # strangers look at them, see the test
        *("livez", "readyz"),
    }
)
