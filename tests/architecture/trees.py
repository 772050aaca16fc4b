"""The syntax trees of the repository's Python."""

import ast
from functools import cache


@cache
def tree_of(source: str) -> ast.Module:
    """Not to be changed: nearly every test here reads all files, and they are parsed once."""
    return ast.parse(source)
