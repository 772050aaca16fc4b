-- reads: {rows}
DESCRIBE {rows};
