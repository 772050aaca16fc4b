"""What a stack is for: the one thing that opens what only a demo or a test may do."""

from enum import StrEnum


class Mode(StrEnum):
    """`live` is what everything is that says nothing else; `trueback demo` alone makes a `demo`.

    In a `demo` anybody may become anybody, of sample data; a `test` injects faults. Neither moves
    money: both bill against Stripe's stand-in or a sandbox, `live` against Stripe itself.
    """

    LIVE = "live"
    DEMO = "demo"
    TEST = "test"
