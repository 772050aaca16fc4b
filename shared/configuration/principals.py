"""`iam.principal:<part>:<pattern>`: a label's value out of who made a request, as AWS bills it.

The part is of the ARN in `line_item_iam_principal`, such as
`arn:aws:sts::123456789012:assumed-role/tenant-acme/session`, or the `line_item_user_identifier`.
The pattern's one `*` is the value.
"""

from typing import Final, NamedTuple

SOURCE: Final = "iam.principal"
PARTS: Final = ("role", "session", "user", "identifier")


class PrincipalPattern(NamedTuple):
    part: str
    before: str
    after: str
    """What stands around the value."""


def principal_pattern(key: str) -> PrincipalPattern:
    """Of what follows `iam.principal:`. Raises ValueError with what is wrong."""
    part, _, pattern = key.partition(":")
    if part not in PARTS:
        raise ValueError(
            f"`{SOURCE}:{key}` names no part of a principal; write `{SOURCE}:<part>:<pattern>` with"
            f" one of {', '.join(PARTS)}, such as `{SOURCE}:role:tenant-*`"
        )
    if pattern.count("*") != 1:
        raise ValueError(
            f"the pattern of `{SOURCE}:{key}` has exactly one `*`, which is the label's value, such"
            f" as `{SOURCE}:{part}:tenant-*`"
        )
    before, after = pattern.split("*")
    return PrincipalPattern(part, before, after)
