"""How commands take the names of files and folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class NamedPath(click.Path):
    """A path. An empty one, which Python takes for the folder that one is in, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises BadParameter."""
        if not str(value) or value == b"":
            self.fail("an empty name is no file and no folder", param, ctx)
        return super().convert(value, param, ctx)


#: A path as pathlib has it.
PATH = NamedPath(path_type=Path)
