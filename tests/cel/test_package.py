"""The package as a whole: its names, what it imports, how it is written."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import guardrail.cel

FOLDER = Path(guardrail.cel.__file__).parent
MODULES = sorted(path for path in FOLDER.rglob("*.py") if not path.name.startswith("celpy_"))


@pytest.mark.parametrize("name", guardrail.cel.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(guardrail.cel, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        getattr(guardrail.cel, "nothing")  # noqa: B009 - the type checker knows that it is not there


def test_unknown_values_do_not_load_the_engine() -> None:
    code = "import sys, guardrail.cel.unknown; print([name for name in sys.modules if 'cel.' in name])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "['guardrail.cel.unknown']"


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(FOLDER)) for path in MODULES])
def test_a_module_is_short_and_imports_nothing_else_of_guardrail(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 400
    for node in ast.walk(ast.parse(text)):
        names = (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        assert all(name.startswith("guardrail.cel") for name in names if name.startswith("guardrail"))
