"""Whoever writes a CSV is one of those whose files are tested with names that are formulas.

`tests/command/test_formulas_in_files.py` and `tests/portal/test_formulas_in_downloads.py` (which
walks all routes) know of no other place: whoever adds one writes its test first.
"""

import re

from tests.architecture.test_tidy import PRODUCT, ROOT, tracked

# `csv.writer` is ruff's to refuse (TID251); a spreadsheet's own format needs a rule of its own.
WRITES = re.compile(
    r"\bwrite_rows\(|\(format csv|\.(to_csv|write_csv)\(|openpyxl|xlsx", re.IGNORECASE
)
TESTED = {
    "shared/csv_files.py",
    "services/attribution/engine/output/outputs.py",
    "services/attribution/engine/focus_export/copy_to_csv.sql",
    "services/command/explain.py",
    "services/command/what_if.py",
    "services/portal/views/csv_file.py",
}


def test_no_file_for_spreadsheets_is_written_elsewhere():
    files = [*PRODUCT, *tracked("services/*.sql", "shared/*.sql", "deploy/*.sql")]
    writers = {path for path in files if WRITES.search(path.read_text("utf-8"))}
    assert {str(path.relative_to(ROOT)) for path in writers} == TESTED
