from shared.jobs.lanes import Lane

LANES: tuple[Lane, ...] = ()
