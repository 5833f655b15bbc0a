"""What the pages of docs/ say of equations and of the code that computes them is true of the code.

A row of a table under "The equations, and where they are" links to files. What stands in backticks after a link is of
that file: a name is defined there, anything else is code that occurs there, or, after a name, in what the name stands
for. Formulas hold nothing that Markdown takes for its own.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ["ntm", "babi", "gan", "resnet", "seq2seq", "vqa"]
HEADING = "## The equations, and where they are"
LINK_OR_CODE = re.compile(r"\[([^\]$]+)\]\(([^)]+)\)|`([^`]+)`")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?")
MARKDOWN_ITS_OWN = re.compile(r"[|*<>`]|\\[^a-zA-Z]|[^\w]_")  # an underscore after a brace may begin emphasis


def rows(page: str) -> list[str]:
    """Rows of the tables in the page's section of equations."""
    text = (DOCS / f"{page}.md").read_text()
    assert text.count(HEADING) == 1, f"{page}.md has no section of equations, or several"
    section = re.split(r"^## ", text.split(HEADING)[1], flags=re.MULTILINE)[0]
    return [line for line in section.splitlines() if line.startswith("| ")]


def told() -> Iterator[tuple[str, str, str, list[str]]]:
    """Page, the link's text, where it leads, and what stands in backticks after it."""
    for page in PAGES:
        for row in rows(page):
            linked = None
            for text, target, code in LINK_OR_CODE.findall(row):
                if target:
                    linked = (page, text, target, [])
                    yield linked
                elif linked:
                    linked[3].append(code.replace("\\|", "|"))  # as tables have it


@functools.cache
def definitions(path: Path) -> dict[str, str]:
    """Source of every function, class, and assignment at the top of a file or a class, by name; `Class.name` too."""
    source = path.read_text()
    lines = source.splitlines()
    found: dict[str, str] = {}

    def walk(node: ast.AST, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            names = []
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                names = [child.name]
            elif isinstance(child, ast.Assign | ast.AnnAssign) and not isinstance(node, ast.FunctionDef):
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            for name in {*names, *(f"{owner}{name}" for name in names)}:
                found[name] = found.get(name, "") + "\n".join(lines[child.lineno - 1 : child.end_lineno])
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                walk(child, f"{child.name}.")

    walk(ast.parse(source), "")
    return found


def without_spaces(code: str) -> str:
    return re.sub(r"\s", "", code)


@pytest.mark.parametrize(("page", "text", "target", "named"), list(told()), ids=lambda value: str(value)[-60:])
def test_what_is_said_of_a_file_is_true(page, text, target, named):
    path = (DOCS / target).resolve()
    assert path.is_file(), f"{page}.md links to {target}, which is not there"
    assert path == (DOCS.parent / text).resolve(), f"{page}.md calls {target} {text}"
    assert named, f"{page}.md links to {target} and names nothing in it"
    where, source = target, path.read_text()
    for code in named:
        if NAME.fullmatch(code):
            assert code in definitions(path), f"{page}.md: {target} does not define {code}"
            where, source = code, definitions(path)[code]
        else:
            assert without_spaces(code) in without_spaces(source), f"{page}.md: {where} does not hold {code}"


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_not_taken_for_markdown(page):
    formulas = [formula for row in rows(page) for formula in re.findall(r"\$([^$]+)\$", row)]
    assert len(formulas) > 8
    assert [formula for formula in formulas if MARKDOWN_ITS_OWN.search(formula)] == []
