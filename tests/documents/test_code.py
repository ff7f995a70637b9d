"""What isn't in the code at all: it can't be misused (ASVS 1.2.5, 1.2.9, 1.3.2, 1.5.2, 3.2.2)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ticketing.config import PROJECT

CALLS_NEVER_MADE = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads"),
    *("pickle.load", "marshal.loads", "yaml.load", "shelve.open", "subprocess.getoutput"),
    *("env.from_string", "jinja_env.from_string", "Template", "render_template_string"),
}
MODULES_NEVER_USED = {"pickle", "marshal", "shelve", "yaml", "lxml", "telnetlib", "ftplib"}
PATTERNS = {"compile", "match", "fullmatch", "search", "sub", "findall", "finditer", "split"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in (PROJECT / "ticketing").rglob("*.py"):
        yield path, ast.parse(path.read_text())


def calls_in(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_runs_a_shell_or_what_it_was_sent() -> None:
    for path, tree in sources():
        for name, call in calls_in(tree):
            assert name not in CALLS_NEVER_MADE, f"{path}:{call.lineno} {name}"
            assert not any(
                each.arg == "shell" and ast.unparse(each.value) != "False" for each in call.keywords
            ), f"{path}:{call.lineno}"
        for node in ast.walk(tree):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                named = [node.module or ""]
            assert not MODULES_NEVER_USED & {each.split(".")[0] for each in named}, path


def test_no_pattern_is_made_of_what_somebody_sent() -> None:
    """Each is a text that stands there, or put together of such and of what is escaped."""
    for path, tree in sources():
        constants = _constants_of(tree)
        for name, call in calls_in(tree):
            if name not in {f"re.{each}" for each in PATTERNS} or not call.args:
                continue
            for part in _parts_of(call.args[0]):
                text = ast.unparse(part)
                fixed = (
                    isinstance(part, ast.Constant)
                    or text in constants
                    or text.startswith("re.escape(")
                    or re.fullmatch(r"(\w+\.)*[A-Z_]+(\.pattern)?", text)
                )
                assert fixed, f"{path}:{call.lineno} {text}"


def _parts_of(pattern: ast.expr) -> Iterator[ast.expr]:
    if isinstance(pattern, ast.JoinedStr):
        for each in pattern.values:
            yield each.value if isinstance(each, ast.FormattedValue) else each
    elif isinstance(pattern, ast.BinOp):
        yield from _parts_of(pattern.left)
        yield from _parts_of(pattern.right)
    else:
        yield pattern


def _constants_of(tree: ast.Module) -> set[str]:
    """The names that stand for a text of the module's own: at its top, or written out."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if node in tree.body or isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(each) for each in targets}
    return found


def test_scripts_of_ours_write_no_markup() -> None:
    """Nor do they keep anything in the browser, or touch what all objects have in common."""
    never = re.compile(
        r"\.(?:innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        r"\b(?:local|session)Storage\b|indexedDB|document\.cookie|__proto__|constructor\[|"
        r"\.prototype\."
    )
    scripts = list((PROJECT / "static").glob("*.js"))
    assert len(scripts) >= 5
    for script in scripts:
        assert not never.search(script.read_text()), script
    keeping = [each.name for each in scripts if re.search(r"\bcaches\b", each.read_text())]
    assert keeping == ["ticket-worker.js"], "docs/decisions/offline-tickets.md"
