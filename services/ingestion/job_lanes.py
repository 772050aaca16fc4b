from shared.jobs.lanes import LONG, Lane

# What was used comes every hour and is small; a bill may be at it for an hour.
LANES = (
    Lane("bills", {"collect_bill": LONG}),
    Lane("usage", {"collect_signals": LONG, "collect_workloads": LONG}),
)
