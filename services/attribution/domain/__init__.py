"""Who a line belongs to, and whether all of it came out: arithmetic and policy, no I/O."""
