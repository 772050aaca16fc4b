"""SQL that DuckDB runs: scripts in files, and the expressions that fill their `{names}`."""
