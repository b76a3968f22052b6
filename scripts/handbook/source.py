"""What the program can say, read from its own source: words, alerts, findings, sentences, exit codes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: stands for what is only known when it is said
HOLE = "…"
#: the errors that are refusals, and what a program ends with that nobody else catches them in
BASES = {"ConfigError": 3, "LedgerError": 1, "SuperviseError": 1, "AuditError": 1, "BadParameter": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One way for a check of the doctor not to be well."""

    check: str
    grade: str
    says: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One refusal in words, what it is called in the code, and where it is said."""

    text: str
    code: int
    file: str


def files(*folders: str) -> Iterator[Path]:
    """All source of these folders, in a fixed order."""
    for folder in folders:
        place = ROOT / folder
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def tree_of(path: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(path.read_text())


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Every call of a function or method of one of these names, in the order of the file."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) in names]
    yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def text_of(node: ast.AST, known: dict[str, str]) -> str:
    """A string as it will be read; what only a run knows is a hole. `known`: names of strings."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part, known) for part in parts)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return text_of(left, known) + text_of(right, known)
        case ast.Name(id=name):
            return known.get(name, HOLE)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return known.get(name, HOLE)
        case ast.IfExp(body=body, orelse=other):
            return " / ".join(filter(None, (text_of(body, known), text_of(other, known))))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="format")):
            return _emptied(known.get(name, HOLE))
    return HOLE


def _emptied(pattern: str) -> str:
    return HOLE.join(part.partition("}")[2] if index else part for index, part in enumerate(pattern.split("{")))


def names_in(tree: ast.AST) -> dict[str, str]:
    """Names that are given a text somewhere in this tree, the last one counts."""
    known = dict[str, str]()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is not None:
                known[name] = text_of(value, known)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                known[name] = text_of(value, known)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                known |= {_name(t): text_of(v, known) for t, v in zip(targets, values, strict=True)}
    return known


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node


# ---- what is said -------------------------------------------------------------------------------------------------


def doctor_lines() -> list[Line]:
    """Every warning and failure of the doctor, with its remedy."""
    return [line for path in files("common/doctor") for line in _lines(tree_of(path))]


def _lines(tree: ast.Module) -> Iterator[Line]:
    outside = names_in(tree_of(ROOT / "common/doctor/finding.py"))
    outside |= names_in(ast.Module([n for n in tree.body if not isinstance(n, ast.FunctionDef)], []))
    for function in functions(tree):
        known = outside | names_in(function)
        for call in [c for c in calls(function, "warning", "failure") if len(c.args) == 3]:
            check, says, remedy = (text_of(argument, known) for argument in call.args)
            yield Line(check, _name(call.func), says, remedy)


def kinds() -> dict[str, int]:
    """Every class of refusal and its exit code: the bases, and what is derived from them anywhere."""
    found = dict(BASES)
    for path in files("common", "scripts"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                codes = [found[_name(base)] for base in node.bases if _name(base) in found]
                found |= dict.fromkeys([node.name] * bool(codes), min(codes, default=0))
    return found


def sentences() -> list[Sentence]:
    """Every sentence with which something is refused on purpose, once for each exit code."""
    found, codes = dict[tuple[str, int], Sentence](), kinds()
    for path in files("common", "scripts", "workers"):
        tree, where = tree_of(path), str(path.relative_to(ROOT))
        for call in calls(tree, *codes):
            text = text_of(call.args[0], {}) if call.args and not isinstance(call.args[0], ast.Starred) else HOLE
            if text.replace(HOLE, "").strip(" :{}"):
                code = codes[_name(call.func)]
                found.setdefault((text, code), Sentence(text, code, where))
    return sorted(found.values(), key=lambda one: (one.code, one.file, one.text))


def words_said() -> set[str]:
    """Every word of the column `says`: the trader's, and those with which a reservation is refused."""
    found = set[str]()
    for path in files("common/core/opening.py", "common/core/trader.py"):
        tree = tree_of(path)
        known = names_in(tree_of(ROOT / "common/core/view.py")) | names_in(tree_of(ROOT / "common/core/opening.py"))
        for call in calls(tree, "NoOpening"):
            found |= set(text_of(call.args[0], known).split(" / "))
        found |= _barred(tree, known) | _decided(tree)
    return {_word(text) for text in found if text != HOLE} - {""} | _denied()


def _word(text: str) -> str:
    return text.partition(HOLE)[0].strip()


def _barred(tree: ast.Module, known: dict[str, str]) -> set[str]:
    bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_barred"]
    returned = [node.value for body in bodies for node in ast.walk(body) if isinstance(node, ast.Return) and node.value]
    return {part for value in returned for part in text_of(value, known).split(" / ")}


def _decided(tree: ast.Module) -> set[str]:
    """What is assigned to `decision` and to `_waits_because`."""
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    pairs = [pair for node in assigned for target in node.targets for pair in _pairs(target, node.value)]
    return {text_of(value, {}) for target, value in pairs if _name(target) in ("decision", "_waits_because")}


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """What gets what: of `a, b = x, y` both."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def _denied() -> set[str]:
    from common.ledger.ledger import REFUSALS as BY_THE_FILE

    return set(BY_THE_FILE) | {"budget"}


def alerts() -> set[str]:
    """Every `what=` of an alert line: the warden's halts and warnings, the workers' alarms, those of backups."""
    from common.core.nakedness import NAKED, STUCK
    from common.warden.verdicts import Kind
    from scripts.ledger_file import NO_BACKUP, NO_RESTORE

    found = {NAKED, STUCK, *Kind, NO_BACKUP, NO_RESTORE}
    for path in files("common/warden"):
        tree = tree_of(path)
        found |= {text_of(call.args[0], {}) for call in calls(tree, "say") if _is_alerts(call)}
        found |= {text_of(call.args[1], {}) for call in calls(tree, "stands") if _is_alerts(call)}
    return {str(what) for what in found} - {HOLE}


def _is_alerts(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and _name(call.func.value) == "alerts"


def exit_codes() -> list[tuple[str, int, str]]:
    """File, number and the constant's name without EXIT_, of every exit code that has a name."""
    found = list[tuple[str, int, str]]()
    for path in files("scripts", "common/process_main.py"):
        assigned = [node for node in tree_of(path).body if isinstance(node, ast.Assign)]
        pairs = [pair for node in assigned for pair in _pairs(node.targets[0], node.value)]
        numbers = [(_name(t), v.value) for t, v in pairs if isinstance(v, ast.Constant) and isinstance(v.value, int)]
        where = str(path.relative_to(ROOT))
        found += [(where, code, name.removeprefix("EXIT_")) for name, code in numbers if name.startswith("EXIT_")]
    return found
