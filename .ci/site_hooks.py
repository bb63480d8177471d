"""What the site has besides docs/: a page for each spec, the changes, how to contribute; and colours for the language.

Links of pages lead to files of the checkout (`../specs/vgg.net`), so that they work where the repository is read;
on the site they lead to those pages.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments import lexers
from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\]\(((?:\.\./)*)\.\./(specs/[\w/]+)\.net\)")
BESIDE = {"CHANGELOG.md": "changes.md", "CONTRIBUTING.md": "contributing.md"}


#: The words of a spec, as an editor colours them.
TOKENS = [
    (r"#[^\n]*", Comment.Single),
    (r'"(\\.|[^"\\\n])*"', String),
    (r"(net|block|use|let|input|output|share|expect|in|for|if|else|and|or|not|true|false|table)\b", Keyword),
    (r"(sparse|shared|residual|dense|kernel)(?=\s+table\b)|(train|data)(?=\s*\{)", Keyword),
    (r"->|\.\.|[-+*/%=<>!|&]+", Operator),
    (r"\d+(\.\d+)?(e-?\d+)?", Number),
    (r"[^\W\d]\w*(?=\()", Name.Function),
    (r"[^\W\d]\w*(?=:)", Name.Attribute),
    (r"[^\W\d]\w*", Name),
    (r"[()\[\]{},:.]", Punctuation),
    (r"\s+|.", Text),
]


def on_startup(command: str, dirty: bool) -> None:
    """Pygments knows the language by its name, and takes the lexer from where it keeps those that it has loaded."""
    kind = type("NetspecLexer", (RegexLexer,), {"name": "netspec", "aliases": ["net"], "tokens": {"root": TOKENS}})
    lexers.LEXERS["NetspecLexer"] = (__name__, "netspec", ("net",), (), ())
    lexers._lexer_cache["netspec"] = kind


@event_priority(-200)  # behind the plugin of languages, which takes files of docs/ alone
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages that are written here."""
    for path in sorted((ROOT / "specs").rglob("*.net")):
        name = path.relative_to(ROOT).with_suffix("").as_posix()
        text = f"# {path.stem}.net\n\n```net\n{path.read_text(encoding='utf-8')}```\n"
        _add(files, config, f"{name}.md", text)
    for source, name in BESIDE.items():
        _add(files, config, name, (ROOT / source).read_text(encoding="utf-8"))
    return files


def _add(files: Files, config: MkDocsConfig, name: str, text: str) -> None:
    languages: Any = config.plugins["i18n"]
    file = File.generated(config, name, content=text)
    if languages.current_language != languages.default_language:
        file.dest_uri = f"{languages.current_language}/{file.dest_uri}"
    files.append(file)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to specs lead to their pages. What a block is to the tests, `error` or `part`, is no language."""
    return re.sub(r"^```net \w+$", "```net", OUTSIDE.sub(r"](\1\2.md)", markdown), flags=re.MULTILINE)
