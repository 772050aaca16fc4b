-- reads: {rows}
COPY {rows} TO {path} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group_size});
