"""Roles, databases and buckets of the Compose stack; runs to its end before any migration.

    python -m deploy.docker.provision

May run any number of times: it is the same code that provisions the embedded stack.
"""

import json
import sys

from deploy.docker.addresses import SECRETS, compose_servers
from deploy.local.servers import provision_servers
from shared.faults import Fault


def main() -> int:
    servers = compose_servers(json.loads((SECRETS / "tokens").read_text()))
    try:
        provision_servers(servers, {"postgres", "s3"})
    except Fault as fault:
        sys.stderr.write(f"{fault}\n")
        return fault.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
