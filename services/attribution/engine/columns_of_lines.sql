-- reads: {lines}
DESCRIBE SELECT * FROM {lines};
