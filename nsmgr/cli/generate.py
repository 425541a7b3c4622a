"""Writes nsmgr/cli/help.py: what ``--help`` prints, asked of the parser once and for all. ``make tables`` runs it."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from unittest.mock import patch

import typer
from typer.main import get_command

from nsmgr.cli.app import app, invoke

HERE = os.path.dirname(__file__)


def texts() -> dict[str, str]:
    """Verb → its help on a terminal of 80 columns or more; "" → the top level's."""
    return {verb: _text(verb) for verb in ["", *getattr(get_command(app), "commands", {})]}


def _text(verb: str) -> str:
    with patch.dict(os.environ, COLUMNS="80"), redirect_stdout(io.StringIO()) as printed:
        assert invoke([*([verb] if verb else []), "--help"]) == 0
    return printed.getvalue()


def module() -> str:
    """The text of nsmgr/cli/help.py."""
    lines = [
        '"""Written by nsmgr.cli.generate from the verbs: edit those, then `make tables`."""',
        "",
        "from __future__ import annotations",
        "",
        f'MADE_WITH = "typer {typer.__version__}"  # other versions may set the same words differently',
        "TEXTS: dict[str, str] = {",
    ]
    for verb, text in texts().items():
        lines += [f'    "{verb}": """\\', text.replace("\\", "\\\\") + '""",']
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    with open(os.path.join(HERE, "help.py"), "w", encoding="utf-8") as file:
        file.write(module())
