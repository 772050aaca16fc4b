"""python -m deploy.stripe_standin --port N --data DIR --api-key KEY --webhook-secret SECRET."""

import argparse
import asyncio
import logging
import os
import signal
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from deploy.stripe_standin.application import Options, make_application
from deploy.stripe_standin.rate_limit import DEFAULT_IN_ALL, DEFAULT_PER_ENDPOINT


def main() -> None:
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    options = Options(
        data=arguments.data,
        api_key=arguments.api_key,
        webhook_secret=arguments.webhook_secret,
        webhook_url=arguments.webhook_url,
        public_url=arguments.public_url or f"http://127.0.0.1:{arguments.port}",
        rate_per_endpoint=arguments.rate_per_endpoint,
        rate_in_all=arguments.rate_in_all,
    )
    asyncio.run(_serve(options, arguments.port))


async def _serve(options: Options, port: int) -> None:
    server = Server(
        make_application(options),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def _parser() -> argparse.ArgumentParser:
    """Secrets come from the environment too, since arguments can be read by any neighbour."""
    parser = argparse.ArgumentParser(prog="python -m deploy.stripe_standin", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--api-key", default=os.environ.get("STANDIN_API_KEY"))
    parser.add_argument("--webhook-secret", default=os.environ.get("STANDIN_WEBHOOK_SECRET", ""))
    parser.add_argument("--webhook-url", default="", help="where every event is delivered")
    parser.add_argument("--public-url", default="", help="address that hosted pages are given")
    parser.add_argument("--rate-per-endpoint", type=float, default=DEFAULT_PER_ENDPOINT)
    parser.add_argument("--rate-in-all", type=float, default=DEFAULT_IN_ALL)
    return parser


if __name__ == "__main__":
    main()
