-- reads: nothing
{value} = 0 OR {value} BETWEEN 1e-11 AND 1e8
