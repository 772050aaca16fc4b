"""A sign-in that is refused: neither the log nor the link may be worth anything afterwards."""

from pathlib import Path

import httpx


def refused_sign_in(link: str, *, log: Path) -> list[str]:
    """What is wrong; `link` is fresh, `log` what all processes of the stack write."""
    address, token = link.rsplit("/", 1)
    problems = []
    with httpx.Client(trust_env=False) as client:
        if "one sign-in" not in client.get(link).text:
            problems.append("the link is not a fresh one")
    refusals = (
        httpx.post(address, data={"token": token}, trust_env=False),
        httpx.post(link, trust_env=False),
    )
    problems += [
        f"{one.url.path[:9]} answered {one.status_code}" for one in refusals if one.is_success
    ]
    if "one sign-in" in httpx.get(link, trust_env=False).text:
        problems.append("the link still works after a refusal")
    if token in log.read_text(errors="replace"):
        problems.append("the log holds the token")
    return problems
