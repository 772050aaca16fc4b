import os
import sys

from django.core.management import execute_from_command_line

from shared.faults import Fault
from shared.runtime.log import log_what_nobody_catches


def manage(service: str) -> None:
    """`python -m services.<service>.manage`; a fault is one line and its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"services.{service}.config.settings")
    log_what_nobody_catches()
    try:
        execute_from_command_line(sys.argv)
    except Fault as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(fault.exit_code)
