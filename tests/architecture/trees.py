"""The syntax trees of the repository's Python."""

import ast
import atexit
import gc
from functools import cache

# What is frozen when Python ends is reported as leaked.
atexit.register(gc.unfreeze)


@cache
def tree_of(source: str) -> ast.Module:
    """Not to be changed: nearly every test here reads all files, and they are parsed once."""
    tree = ast.parse(source)
    gc.freeze()  # they stay, and to look through millions of nodes for garbage takes seconds
    return tree


@cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """All of the tree, as `ast.walk` gives them; to find a node's children takes longest."""
    nodes = tuple(ast.walk(tree_of(source)))
    gc.freeze()
    return nodes
