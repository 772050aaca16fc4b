-- reads: {mapped}
DESCRIBE {mapped};
