from datetime import UTC, datetime
from typing import Any

from services.invoicing.operations.verify_documents import verify_documents
from shared.faults import Fault
from shared.runtime.command import UncheckedCommand


class Command(UncheckedCommand):
    help = "Check every document against the chain of seals and the chain against its anchors."

    def handle(self, *_args: Any, **_options: Any) -> None:
        verified = verify_documents(now=datetime.now(UTC))
        anchored = f"newest anchor of {verified.anchored}" if verified.anchored else "no anchor yet"
        checked = f"{verified.documents} documents, {verified.links} links checked; {anchored}"
        if verified.adopted:
            checked += f"; {verified.adopted} links seal steps of a release without keys"
        if verified.faults:
            raise Fault(f"{checked}. {' '.join(verified.faults)}")
        self.stdout.write(f"{checked}. All are as they were sealed.")
