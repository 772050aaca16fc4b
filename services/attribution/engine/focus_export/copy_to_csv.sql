-- reads: {rows}
COPY {rows} TO {path} (FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ');
