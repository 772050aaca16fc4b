"""What the engine's scripts and modules read and make, and the page that shows it.

`python -m tests.architecture.engine_tables > docs/engine.md` writes the page anew.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb

from tests.architecture.trees import tree_of

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "services/attribution/engine"
SCRIPT_FOLDERS = (
    ENGINE,
    ROOT / "services/attribution/ruleset_guess",
    ROOT / "services/ingestion/engine",
    ROOT / "shared/sql",
)
KERNEL = (ENGINE / "largest_remainder.sql", ENGINE / "weights_beyond_127_bits.sql")
FILE_WRITERS = {"ordered": 1, "write_parquet": 2, "write_focus_files": 2}
"""And among how many of their arguments the table is."""
TABLE_MAKERS = ("create_table", "_create", "InputRows")
SHOWN = 4
"""Tables named at an arrow; the rooms list them all."""
# The order in which a run enters the rooms.
ROOMS = ("", "inputs", "claims", "prepared", "pods", "pools", "output", "explain", "focus_export")

INTRODUCTION = """\
# The engine's tables

An attribution is a chain of tables in one DuckDB session. Each script lies beside the Python that
runs it, and its head names the tables that it reads and makes. Settings, and what rules decide
about keys, become tables in Python. Every table has one maker; where a run has nothing to make it
of, a script that stands in for the maker leaves it without a row. This page is made of the heads
(`.venv/bin/python -m tests.architecture.engine_tables > docs/engine.md`);
`tests/architecture/test_engine_tables.py` holds both against the scripts themselves.

The order of the rooms is [attribute.py](../services/attribution/engine/attribute.py). Within a room
one function is the order of its scripts: `WorkloadTables.load` and `PodSplit.split` in `pods`,
`load_lines` and `PreparedFacts.load` in `prepared`, `PoolSplit.split` in `pools`, `write_run` in
`output`. (The tables below list the scripts by name.)

There are two kinds of runs. Usually the bill is prepared first, and the run reads costs by day
([decision 8](decisions/0008-prepared-facts.md)). Where pods divide lines, or somebody asks why an
amount is what it is, the run reads the snapshot itself, by hour. Both give `keys` (what lines are
grouped by), `claims` (who takes each key) and `facts` (its cost in time), which are views: of
`line_*`, or of `divided_*` where pods have parts. From there all runs are alike.

`{name}` is filled by the caller with a file's scan, or one of several tables; in upper case, as
`{POOL}` or `{METHOD_POD}`, by the door with a recipient or method of `shared/vocabulary`. Who makes
or reads a table is listed [at the end](#every-table-by-name); a module there writes the table to a
file.

## The way of the data

An arrow names the tables that one room makes and the next reads.
"""

_HEAD = re.compile(
    r"-- reads: (?P<reads>.*?)(?:  makes: (?P<makes>.*?))?(?:  adds to: (?P<adds>.*?))?"
    r"(?:  stands in for: (?P<stands>.*?))?$"
)
_MAKER = re.compile(
    r"^CREATE (?:OR REPLACE )?TEMP (?:TABLE|VIEW) (?P<table>\S+)(?P<query>\s+AS\b.*|\s+\(.*)",
    re.DOTALL,
)
_ADDER = re.compile(r"^INSERT INTO (?P<table>\S+)(?: BY NAME)?(?P<query>.*)", re.DOTALL)
_FILLER = re.compile(
    r"^UPDATE (?P<table>\S+)\s+SET \S+ = (?P<value>.*?)\s+WHERE (?P<rows>.*)", re.DOTALL
)
_ROWS = re.compile(
    r"^(?:DESCRIBE|SELECT|WITH|FROM)\b|^COPY [^\s(]+ TO |^CREATE TYPE \S+ AS ENUM \("
    r"|^CREATE TEMP MACRO \w+\([^)]*\)\s+AS\s+CASE\b"
)
"""Statements that give or write rows, the words of a type or an expression, and change no table."""
_NAME = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Script:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        return self.path.parent.name if self.path.parent != ENGINE else ""

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def _head(self) -> dict[str, tuple[str, ...]]:
        lines = self.text.splitlines()
        head = lines[0]
        for line in lines[1:]:
            if not line.startswith("--     "):
                break
            is_verb = re.match(r"--     (makes|adds to|stands in for):", line)
            head += f"{'  ' if is_verb else ' '}{line[2:].strip()}"
        match = _HEAD.match(head)
        if match is None:
            raise ValueError(
                f"{self.name} has no head line: write `-- reads: a, b  makes: c` as its first"
                " (CONTRIBUTING.md, at its end, has the forms)."
            )
        return {
            key: tuple(name for name in re.split(r", ?", text) if name != "nothing")
            for key, text in match.groupdict(default="").items()
            if text
        }

    @property
    def reads(self) -> tuple[str, ...]:
        return self._head.get("reads", ())

    @property
    def makes(self) -> tuple[str, ...]:
        return self._head.get("makes", ())

    @property
    def adds_to(self) -> tuple[str, ...]:
        return self._head.get("adds", ())

    @property
    def stands_in_for(self) -> tuple[str, ...]:
        """Tables of another maker, without a row, for a run that has nothing to make them of."""
        return self._head.get("stands", ())

    @cached_property
    def read_by_itself(self) -> set[str]:
        """Tables that a later statement of the script reads."""
        return {name for name in self.makes if len(re.findall(rf"\b{name}\b", self._body)) > 1}

    @property
    def names(self) -> set[str]:
        """What the door fills."""
        return set(_NAME.findall(self._body))

    @cached_property
    def _body(self) -> str:
        lines = self.text.splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith("--"))

    def statements(self) -> Iterator[str]:
        """With a name of its own in place of each `{name}`."""
        body = re.sub(r"\b(\w+) AS \{\1\}", r"\1 AS (SELECT * FROM {\1})", self._body)
        body = re.sub(r"(TABLE \{\w+\}) \(\{(\w+)\}\)", r"\1 ({\2} VARCHAR)", body)
        body = re.sub(r"ENUM \(\{\w+\}\)", "ENUM ('word')", body)
        body = _NAME.sub(r"filled_\1", re.sub(r"\{[A-Z_]+\}", "'word'", body))
        if not re.match(r"\s*(CREATE|INSERT|UPDATE|COPY|DESCRIBE|SELECT|WITH|FROM)\b", body):
            body = f"SELECT {body}"  # an expression, which a query takes by its name
        for statement in duckdb.extract_statements(body):
            yield statement.query.strip().removesuffix(";").strip()

    def tables_in_text(self) -> tuple[set[str], set[str], set[str]]:
        """Read, made and added to, as DuckDB's parser and the statements have them."""
        reads: set[str] = set()
        makes: set[str] = set()
        adds: set[str] = set()
        for statement in self.statements():
            made, added = _MAKER.match(statement), _ADDER.match(statement)
            filled = _FILLER.match(statement)
            query = statement
            if made is not None:
                makes.add(made["table"])
                query = re.sub(r"^\s+AS\b|^\s+\(.*", "", made["query"], flags=re.DOTALL)
            elif added is not None:
                adds.add(added["table"])
                query = added["query"]
            elif filled is not None:
                adds.add(filled["table"])
                query = filled.expand(r"SELECT \g<value> FROM \g<table> WHERE \g<rows>")
            reads |= _tables_of(query)
        return tuple(
            {re.sub(r"^filled_(\w+)$", r"{\1}", name) for name in names}
            for names in (reads - makes, makes, adds)
        )

    def unreadable(self) -> Iterator[str]:
        """A sentence for each statement whose tables this can't tell, or that makes one again."""
        made: set[str] = set()
        for statement in self.statements():
            maker = _MAKER.match(statement)
            if maker is not None and maker["table"] in made:
                yield f"{self.name} makes `{maker['table']}` twice: give one of them another name."
            if maker is not None:
                made.add(maker["table"])
                if maker["table"] in self.stands_in_for and maker["query"].lstrip()[0] != "(":
                    yield (
                        f"{self.name} stands in for `{maker['table']}`, and gives it rows: write"
                        " its columns alone, or give the table another name."
                    )
            elif not any(each.match(statement) for each in (_ADDER, _FILLER, _ROWS)):
                yield (
                    f"{self.name}: no test sees which tables `{' '.join(statement.split())[:60]}`"
                    " makes or changes: write `CREATE OR REPLACE TEMP TABLE ... AS`, with the key"
                    " words in capitals, or teach it to tests/architecture/engine_tables.py."
                )

    def differences(self) -> Iterator[str]:
        """A sentence for each table of which the head line says something else than the script."""
        heads = (set(self.reads), {*self.makes, *self.stands_in_for}, set(self.adds_to))
        verbs = ("reads", "makes", "adds to")
        for verb, head, body in zip(verbs, heads, self.tables_in_text(), strict=True):
            for table in sorted(body - head):
                yield (
                    f"{self.name} {verb} `{table}`, which is not in its head line: write it there"
                    f" after `{verb}:`, or correct the name in the statement."
                )
            for table in sorted(head - body):
                yield (
                    f"{self.name} has `{table}` after `{verb}:` in its head line, but no statement"
                    f" {verb} it: take it out, or correct the name there or in the statement."
                )


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """One for all scripts: to start DuckDB takes longer than to parse a query."""
    return duckdb.connect()


def _tables_of(query: str) -> set[str]:
    query = query.strip()
    if copied := re.match(r"COPY (\S+) TO", query):
        return {copied[1]}
    if described := re.match(r"DESCRIBE (\w+)$", query):
        return {described[1]}
    if typed := re.match(r"CREATE TYPE \S+ AS ENUM \((.*)\)$", query, re.DOTALL):
        query = typed[1]
    query = query.removeprefix("DESCRIBE")
    if not query.strip() or query.startswith(("CREATE", "COPY", "'")):
        return set()  # only columns or words, or what `unreadable` names
    text = _parser().execute("SELECT json_serialize_sql($1)", [query]).fetchall()[0][0]
    parsed = json.loads(text)
    if parsed["error"]:
        raise ValueError(f"{parsed['error_message']}: {query}")
    tables: set[str] = set()
    own: set[str] = set()
    waiting: list[Any] = [parsed]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                tables.add(node["table_name"])
            own |= {each["key"] for each in node.get("cte_map", {}).get("map", ())}
            waiting += node.values()
    return tables - own


def scripts() -> list[Script]:
    return [Script(path) for folder in SCRIPT_FOLDERS for path in sorted(folder.rglob("*.sql"))]


@dataclass(frozen=True)
class Module:
    """What a Python module of the engine does with tables, read from its text."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def _tree(self) -> ast.Module:
        return tree_of(self.path.read_text())

    @cached_property
    def runs(self) -> set[Path]:
        """The scripts that it names; a driver's query is found by the driver's own word."""
        found = {
            self.path.parent / node.value
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.endswith(".sql")
            and len(node.value) > len(".sql")
        }
        if (
            "engine.pools.drivers" in self.path.read_text()
            or '.drivers", f"' in self.path.read_text()
        ):
            found |= set((self.path.parent / "drivers").glob("*.sql"))
        return found

    @cached_property
    def makes(self) -> set[str]:
        """Small tables, by the calls that make one."""
        return {
            argument.value
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Call)
            and _called(node) in ("create_table", "_create", "InputRows")
            for argument in node.args[:2]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        }

    @cached_property
    def filled(self) -> dict[str, set[str]]:
        """By `{name}` of a script, the tables it stands for: `identifier("...")`, or a text."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Dict):
                names = [each.value if isinstance(each, ast.Constant) else "" for each in node.keys]
                pairs = list(zip(names, node.values, strict=True))
            elif isinstance(node, ast.Call):
                pairs = [(each.arg, each.value) for each in node.keywords]
            else:
                continue
            for name, value in pairs:
                if name and (table := _table(value)):
                    found[str(name)].add(table)
        return dict(found)

    @cached_property
    def writes(self) -> set[str]:
        """Tables that go into files, by the calls that take one."""
        return {
            table
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Call) and _called(node) in FILE_WRITERS
            for argument in node.args[: FILE_WRITERS[_called(node)]]
            if (table := _table(argument)) is not None
        }

    @cached_property
    def split(self) -> dict[str, set[str]]:
        """The tables that the money kernel is given: calls with `weights` and `parts`."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for node in ast.walk(self._tree):
            given = {each.arg: each.value for each in getattr(node, "keywords", ())}
            if isinstance(node, ast.Call) and {"weights", "parts"} <= given.keys():
                for name in ("weights", "parts"):
                    if table := _table(given[name]):
                        found[name].add(table)
        return dict(found)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _table(value: ast.expr) -> str | None:
    if isinstance(value, ast.Call) and _called(value) == "identifier" and value.args:
        value = value.args[0]
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value if re.fullmatch(r"[a-z_0-9]+", value.value) else None
    return None


def modules(folder: Path) -> list[Module]:
    return [Module(path) for path in sorted(folder.rglob("*.py"))]


@dataclass
class Tables:
    """Who makes and who reads each table of the engine, `{names}` resolved where they are given."""

    scripts: list[Script]
    modules: list[Module]

    @cached_property
    def run_by(self) -> dict[Path, list[Module]]:
        found: defaultdict[Path, list[Module]] = defaultdict(list)
        for module in self.modules:
            for path in module.runs:
                found[path].append(module)
        return dict(found)

    def resolved(self, script: Script, tables: Iterable[str]) -> set[str]:
        """The kernel's tables are named by whoever calls it, others by the script's module."""
        names: set[str] = set()
        for table in tables:
            if not table.startswith("{"):
                names.add(table)
                continue
            if script.path in KERNEL and table in ("{weights}", "{parts}"):
                fillings = [module.split for module in self.modules]
            else:
                fillings = [module.filled for module in self.run_by.get(script.path, [])]
            for filled in fillings:
                names |= filled.get(table[1:-1], set())
        return names

    @cached_property
    def makers(self) -> dict[str, set[str]]:
        """Scripts and modules by the table that they make."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for script in self.scripts:
            for table in self.resolved(script, script.makes):
                found[table].add(script.name)
        for module in self.modules:
            for table in module.makes:
                found[table].add(module.name)
        return dict(found)

    def made_by_several(self) -> Iterator[str]:
        for table, makers in sorted(self.makers.items()):
            if len(makers) > 1:
                yield (
                    f"`{table}` is made by {' and by '.join(sorted(makers))}: give one of them"
                    " another name, or write `adds to:` where rows are added."
                )

    def made_by_nobody(self, given: Collection[str]) -> Iterator[str]:
        """But for those that are `given` by a statement around the script."""
        for table in sorted(self.readers.keys() - self.makers.keys() - set(given)):
            yield (
                f"`{table}` is read by {' and by '.join(sorted(self.readers[table]))}, and nobody"
                " makes it: correct the name there, or say `makes:` in its maker's head line."
            )

    def stands_in_for_nothing(self) -> Iterator[str]:
        for script in self.scripts:
            for table in sorted(set(script.stands_in_for) - self.makers.keys()):
                yield (
                    f"{script.name} stands in for `{table}`, which nobody makes: take it out, or"
                    " correct the name there."
                )

    def read_by_nobody(self) -> Iterator[str]:
        for table in sorted(self.makers.keys() - self.readers.keys()):
            yield (
                f"`{table}` is made by {' and by '.join(sorted(self.makers[table]))}, and nobody"
                " reads it: remove it, or name it where a script gets it (`identifier(...)` with"
                " its name, as the value of the script's own name)."
            )

    def run_by_nobody(self) -> Iterator[str]:
        for script in self.scripts:
            if script.path not in self.run_by:
                yield f"{script.name} is run by no module beside it: run it there, or remove it."

    def not_there(self) -> Iterator[str]:
        known = {script.path for script in self.scripts}
        for path, callers in self.run_by.items():
            if path not in known:
                named = " and by ".join(module.name for module in callers)
                yield f"{path.relative_to(ROOT)} is run by {named}, and is not there."

    @cached_property
    def readers(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for script in self.scripts:
            for table in self.resolved(script, script.reads) | script.read_by_itself:
                found[table].add(script.name)
        for module in self.modules:
            for table in module.writes:
                found[table].add(module.name)
        return dict(found)


def tables_of(folder: Path) -> Tables:
    return Tables([each for each in scripts() if folder in each.path.parents], modules(folder))


def tables_of_the_engine() -> Tables:
    return tables_of(ENGINE)


def page() -> str:
    tables = tables_of_the_engine()
    return "\n".join([*_introduction(), *_picture(tables), *_rooms(tables), *_index(tables), ""])


def _introduction() -> Iterator[str]:
    yield from INTRODUCTION.splitlines()


def _room_of(name: str) -> str:
    folder = (ROOT / name).parent
    if folder == ENGINE:
        return "engine"
    return folder.relative_to(ENGINE).parts[0]


def _picture(tables: Tables) -> Iterator[str]:
    ways: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for table, makers in tables.makers.items():
        for maker in makers:
            for reader in tables.readers.get(table, ()):
                way = _room_of(maker), _room_of(reader)
                if way[0] != way[1] and "engine" not in way:
                    ways[way].add(table)
    yield "```mermaid"
    yield "flowchart TD"
    yield "    bill[(snapshot)] --> claims"
    yield "    usage[(signals)] --> inputs"
    yield "    workloads[(workloads)] --> pods"
    for (maker, reader), names in sorted(ways.items(), key=lambda way: _order(way[0])):
        listed = sorted(names)
        shown = ", ".join(listed[:SHOWN]) + (
            f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
        )
        yield f'    {maker} -- "{shown}" --> {reader}'
    yield "    output --> files[(allocations, statements, proof)]"
    yield "```"
    yield ""


def _order(way: tuple[str, str]) -> tuple[int, int]:
    return ROOMS.index(way[0]), ROOMS.index(way[1])


def _rooms(tables: Tables) -> Iterator[str]:
    for room in ROOMS:
        title = room or "engine"
        rows = [script for script in tables.scripts if _room_of(script.name) == title]
        made = [
            (module, sorted(module.makes))
            for module in tables.modules
            if _room_of(module.name) == title and module.makes
        ]
        yield f"## `{title}`"
        yield ""
        if made:
            yield (
                "Tables of rows from Python: "
                + "; ".join(
                    f"{_link(module.name)} makes {_listed(names)}" for module, names in made
                )
                + "."
            )
            yield ""
        yield "| script | run by | reads | makes |"
        yield "|---|---|---|---|"
        for script in rows:
            callers = ", ".join(_link(each.name) for each in tables.run_by.get(script.path, []))
            made_here = _listed(script.makes) or "rows"
            if script.adds_to:
                made_here = f"more rows of {_listed(script.adds_to)}"
            if script.stands_in_for:
                made_here = f"without a row: {_listed(script.stands_in_for)}"
            yield f"| {_link(script.name)} | {callers} | {_listed(script.reads)} | {made_here} |"
        yield ""


def _index(tables: Tables) -> Iterator[str]:
    yield "## Every table, by name"
    yield ""
    yield "| table | made by | read by |"
    yield "|---|---|---|"
    for table in sorted(tables.makers):
        readers = ", ".join(_link(name) for name in sorted(tables.readers.get(table, ())))
        makers = ", ".join(_link(name) for name in sorted(tables.makers[table]))
        yield f"| `{table}` | {makers} | {readers} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _link(name: str) -> str:
    path = (ROOT / name).relative_to(ENGINE)
    return f"[{path}](../{name})"


if __name__ == "__main__":
    sys.stdout.write(page())
