"""`python -m tests.system.supervisor S3_URL MODE PID`: a stack whose services reach S3 by a proxy.

Its servers, and whoever plays AWS, know S3 by its own address.
"""

import sys
from dataclasses import replace
from typing import Final

from deploy.local.home import find_home
from deploy.local.plan import WHOLE_STACK
from deploy.local.servers import Servers
from deploy.local.stack import service_processes
from deploy.local.state import Listener
from deploy.local.supervisor import supervise
from shared.vocabulary.modes import Mode

MODULE: Final = "tests.system.supervisor"


def behind(s3_url: str, servers: Servers) -> Servers:
    return replace(servers, s3=replace(servers.s3, endpoint_url=s3_url))


def main() -> None:
    s3_url, mode, also_count = sys.argv[1], Mode(sys.argv[2]), int(sys.argv[3])
    plan = replace(
        WHOLE_STACK[mode], services=lambda servers: service_processes(behind(s3_url, servers))
    )
    supervise(find_home(), mode, Listener(), also_count=also_count, plan=plan)


if __name__ == "__main__":
    main()
