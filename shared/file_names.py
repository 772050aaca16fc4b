"""What a file that a person keeps is called."""

import re


def pdf_name(name: str) -> str:
    """`LF-2026-0134.pdf`: safe in a header and on every file system."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('.-') or 'document'}.pdf"
