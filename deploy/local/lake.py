"""The lake of the embedded stack, as its administrator reads and writes it."""

from deploy.local.servers import Servers
from shared.lake.storage import Storage


def connect(servers: Servers) -> Storage:
    s3 = servers.s3
    return Storage.connect(
        endpoint_url=s3.endpoint_url, access_key=s3.access_key, secret_key=s3.secret_key
    )
