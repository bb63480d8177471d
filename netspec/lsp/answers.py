"""What an editor may ask, and the function that answers it from an analysed document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types as lsp

from netspec.lsp.coloring import LEGEND, tokens
from netspec.lsp.completion import TRIGGERS, completion
from netspec.lsp.fixes import fixes
from netspec.lsp.formatting import formatted
from netspec.lsp.hints import hints
from netspec.lsp.hover import hover
from netspec.lsp.lenses import lenses
from netspec.lsp.navigation import definition, highlights, references
from netspec.lsp.outline import folds, symbols
from netspec.lsp.rename import prepared, renamed
from netspec.lsp.signature import signature
from netspec.lsp.snapshot import Snapshot

Answer = Callable[[Snapshot, Any], Any]

#: By the protocol's name: the function, and what is said of it when the server begins.
ANSWERS: Mapping[str, tuple[Answer, Any]] = {
    lsp.TEXT_DOCUMENT_HOVER: (hover, None),
    lsp.TEXT_DOCUMENT_DEFINITION: (definition, None),
    lsp.TEXT_DOCUMENT_REFERENCES: (references, None),
    lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (highlights, None),
    lsp.TEXT_DOCUMENT_PREPARE_RENAME: (prepared, None),
    lsp.TEXT_DOCUMENT_RENAME: (renamed, lsp.RenameOptions(prepare_provider=True)),
    lsp.TEXT_DOCUMENT_COMPLETION: (completion, lsp.CompletionOptions(trigger_characters=TRIGGERS)),
    lsp.TEXT_DOCUMENT_SIGNATURE_HELP: (signature, lsp.SignatureHelpOptions(trigger_characters=["(", ","])),
    lsp.TEXT_DOCUMENT_CODE_ACTION: (fixes, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])),
    lsp.TEXT_DOCUMENT_CODE_LENS: (lenses, lsp.CodeLensOptions(resolve_provider=True)),
    lsp.TEXT_DOCUMENT_INLAY_HINT: (hints, None),
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (symbols, None),
    lsp.TEXT_DOCUMENT_FOLDING_RANGE: (folds, None),
    lsp.TEXT_DOCUMENT_FORMATTING: (formatted, None),
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (tokens, LEGEND),
    lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: (tokens, LEGEND),
}
