from shared.jobs.lanes import LONG, SHORT, Lane

# To issue a month of thousands takes hours at Stripe's rate; payments of others go on meanwhile.
LANES = (
    Lane(
        "drafts",
        {
            "draft_invoices": LONG,
            "estimate_charges": LONG,
            "meet_deadlines": LONG,
            "open_accounts": LONG,
            "settle_accounts": LONG,
        },
    ),
    Lane("stripe", {"issue_credit_notes": LONG, "issue_invoices": LONG, "void_invoice": SHORT}),
    Lane("seals", {"anchor_documents": SHORT, "begin_document_chain": LONG}),
    Lane("payments", {"process_stripe_events": SHORT, "sweep_stripe_events": SHORT}),
)
