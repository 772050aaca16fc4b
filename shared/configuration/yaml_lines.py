"""YAML that keeps the line of every key, numbers by their text, and no key twice.

YAML 1.1 would read `0.1` as a float, `1_000` as 1000 and `on` as true; here a number is read by
its text, exactly, and only `true` and `false` are booleans.
"""

import datetime as dt
import re
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml
from yaml.composer import Composer

from shared.faults import BadConfiguration

Path = tuple[str | int, ...]

# Python refuses to read an integer of more than 4,300 digits; what has more than 38 stays text,
# which a field that wants a number refuses by its line.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,37})")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A configuration nests some 8 levels deep.
_MOST_DEPTH = 50
# 20,000 tenants with a customer and a contract each have 640,000, which take some eight seconds and
# 400 MB to read.
_MOST_VALUES = 1_000_000
# An alias copies what its anchor holds, and aliases of aliases multiply: 1 kB can stand for
# millions of values. What a person shortens by aliases is some hundreds.
_MOST_ALIASED_VALUES = 20_000
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Document:
    content: object
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int | None:
        """The line of the key itself, else of the nearest key around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read_yaml(text: str, *, file: str) -> Document:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadConfiguration(
            f"not valid YAML: {error.problem or error.context}.",
            file=file,
            row=mark.line + 1 if mark else None,
            remedy="Check the indentation and quotes on that line.",
        ) from error
    except yaml.reader.ReaderError as error:
        raise BadConfiguration(
            f"not readable as YAML: {error.reason}.",
            file=file,
            row=text.count("\n", 0, error.position) + 1,
            remedy="Remove that character.",
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadConfiguration(f"not readable as YAML: {error}", file=file) from error
    reader = _Reader(file)
    content = reader.value(node, ()) if node is not None else None
    return Document(content, reader.lines)


class _Loader(Composer, yaml.CSafeLoader):
    """libyaml reads the text, which takes most of the time; what it says is put together in Python.

    libyaml's own composer ends the process where something nests too deep, so here that is refused.
    """

    depth = 0
    count = 0

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def resolve(self, _kind: type[yaml.Node], _value: str | None, _implicit: object) -> str:
        """No tag: what a text means is read by `_scalar`, and YAML 1.1's guesses take a quarter."""
        return ""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        self.count += 1
        if self.depth > _MOST_DEPTH:
            self._refuse(f"nested deeper than {_MOST_DEPTH} levels")
        if self.count > _MOST_VALUES:
            self._refuse(f"more than {_MOST_VALUES:,} keys and values")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refuse(self, problem: str) -> None:
        event: Any = self.peek_event()
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.nodes: set[int] = set()
        self.aliased_count = 0

    def value(self, node: yaml.Node, path: Path) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.aliased_count += id(node) in self.nodes
        self.nodes.add(id(node))
        if len(path) > _MOST_DEPTH or self.aliased_count > _MOST_ALIASED_VALUES:
            raise BadConfiguration(
                "its aliases stand for themselves, or for too many values.",
                file=self.file,
                row=node.start_mark.line + 1,
                remedy="Write out what the aliases stand for.",
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[Hashable, object]:
        content: dict[Hashable, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise BadConfiguration("a key is a plain word.", file=self.file, row=line)
            key = key_node.value
            if key in content:
                raise BadConfiguration(
                    "this key stands here twice.",
                    file=self.file,
                    row=line,
                    field=key,
                    remedy=f"Keep one of them; the first is in line {self.lines[(*path, key)]}.",
                )
            self.lines[(*path, key)] = line
            content[key] = self.value(value_node, (*path, key))
        return content


def _scalar(node: yaml.Node) -> object:
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and node.style:  # empty for plain text
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        return _date(text)
    return text


def _date(text: str) -> object:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text
