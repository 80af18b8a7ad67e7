"""The repository's own rules: what no file may say, what every function must say, and where words for people live."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("coprod_survey", "safeguarding")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
HERE = Path(__file__).relative_to(ROOT).as_posix()

# Spelled in two parts, so that this file may stand in the repository as well.
NEVER = {
    "a folder of somebody's machine": re.compile(r"(?<![\w.~*?)\]}/-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+)/\w"),
    "a judgement about a person": re.compile("high" + r"[\s-]+risk", re.IGNORECASE),
    "the host of a package registry": re.compile(
        "|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "registry\\." + r"npmjs", "npmjs" + r"\.com"))
    ),
}
TEMPORARY = re.compile(r"(?<![\w.~*?)\]}/-])/t" + r"mp\b")
FORBIDDEN_ELSEWHERE_TOO = {"tests/unit/test_screening_pack.py"}  # it forbids the same words, so it has to say them
MAY_NAME_TEMPORARY = {"coprod_survey/web/server.py"}  # where gunicorn's heartbeat goes when there is no memory disk

_TRANSLATED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r'\b(?:aria-label|title|alt|placeholder|value)="([^"]*)"')
_PLAIN_ATTRIBUTES = re.compile(r"""(?:[\w-]+="[^"]*"\s*)+""")  # what a macro or block adds to a tag
_WORD = re.compile(r"[A-Za-z]{2,}")


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is in the repository or would be with the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(ROOT / name for name in listed if name and (ROOT / name).is_file())


def text_of(path: Path) -> str:
    """Return a file's text, or nothing where it is binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def places(pattern: re.Pattern[str], *, but: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """Return path:line of every place where a pattern stands."""
    found = []
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        text = "" if name in but else text_of(path)
        found += [f"{name}:{text.count(chr(10), 0, match.start()) + 1}" for match in pattern.finditer(text)]
    return found


needs_git = pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="this is no git checkout, so nothing lists its files"
)


@needs_git
def test_the_rules_are_about_this_repository() -> None:
    """The list of files holds the product, its tests and its documents."""
    names = {path.relative_to(ROOT).as_posix() for path in files()}
    assert {"setup.cfg", "coprod_survey/cli.py", "templates/participant/layout.html", HERE} <= names
    assert not any(name.startswith((".venv/", "demo-data/")) for name in names)


@needs_git
@pytest.mark.parametrize("what", NEVER)
def test_no_file_says(what: str) -> None:
    """No file names a folder of the machine it was written on, calls a person a danger, or points at a registry."""
    assert places(NEVER[what], but=FORBIDDEN_ELSEWHERE_TOO) == []


@needs_git
def test_temporary_folders_are_asked_for() -> None:
    """Only code that truly uses the temporary folder names it; everything else asks the system for one."""
    assert places(TEMPORARY, but=MAY_NAME_TEMPORARY) == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a folder of somebody's machine", "see /wo" + "rk/main"),
        ("a folder of somebody's machine", '"/ho' + 'me/ann/x"'),
        ("a judgement about a person", "a High-" + "Risk person"),
        ("the host of a package registry", "https://py" + "pi.org/simple"),
    ],
)
def test_the_rules_notice(what: str, text: str) -> None:
    """Each rule finds an example of what it forbids."""
    assert NEVER[what].search(text)


def undocumented(path: Path) -> Iterator[str]:
    """Yield every public module, class and function without a docstring, but for what is inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(ROOT).as_posix()
    if not ast.get_docstring(tree):
        yield f"{name}: the module"
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_"
            if public and not ast.get_docstring(node) and not _overload(node):  # type: ignore[arg-type]  # a definition
                yield f"{name}: {node.name}"  # type: ignore[attr-defined]  # a definition
            if isinstance(node, ast.ClassDef) and node.name[0] != "_":
                waiting.append(node)


def _overload(node: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_everything_public_is_documented(path: Path) -> None:
    """Every module, and every public class and function in it, begins with a docstring."""
    assert list(undocumented(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_are_sentences(path: Path) -> None:
    """The first paragraph of every docstring starts with a capital and ends with a stop."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and (said := ast.get_docstring(node)):
            assert said[0].isupper() or not said[0].isalpha(), said
            assert re.search(r"[.:?)`]$", said.split("\n\n")[0].rstrip()), said


def untranslated(html: str) -> list[str]:
    """Return words in a template that no translator would ever see."""
    bare = _TRANSLATED.sub("", html)
    attributes = [value for value in _ATTRIBUTE.findall(bare) if " " in value.strip()]
    said = [line.strip() for line in _TAG.sub("\n", bare).splitlines()]
    said = [text for text in said if not _PLAIN_ATTRIBUTES.fullmatch(text)]
    return [text for text in [*attributes, *said] if _WORD.search(text.replace("&amp;", ""))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_word_in_a_template_can_be_translated(path: Path) -> None:
    """No template says a word to people outside `_()`; file names and settings are the only exceptions."""
    html = path.read_text(encoding="utf-8")
    assert [text for text in untranslated(html) if not re.fullmatch(r"[\w.-]+\.(?:xlsx|csv|json|pdf)", text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_carries_style_or_script(path: Path) -> None:
    """No template has inline styles, event handlers or scripts, or turns escaping off for words of others."""
    html = path.read_text(encoding="utf-8")
    assert not re.search(r"""\s(?:style|on[a-z]+)\s*=\s*["'{]""", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "autoescape" not in html
    assert re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", html) in ([], ["{{ style()|safe }}"])


@pytest.mark.parametrize("html", ["<p>Hello there</p>", '<img alt="Two words">', "<p>{{ x }} hours</p>"])
def test_untranslated_words_are_noticed(html: str) -> None:
    """The check for untranslated words finds text and attributes."""
    assert untranslated(html) != []


def messages(path: Path) -> Iterator[ast.Call]:
    """Yield every call of a translating function in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
            yield node


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if "web" in path.parts and path.name != "i18n.py"],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_messages_are_whole_sentences_for_translators(path: Path) -> None:
    """What is translated is a literal with named values, never a sentence put together from pieces."""
    for call in messages(path):
        first = call.args[0]
        chosen = isinstance(first, ast.Call)  # one of a table of literals, each of which is marked elsewhere
        assert chosen or (isinstance(first, ast.Constant) and isinstance(first.value, str)), ast.unparse(call)
        if isinstance(first, ast.Constant):
            assert not re.search(r"%[sd]|\{\w*\}", str(first.value)), first.value
