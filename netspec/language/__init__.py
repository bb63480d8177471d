"""The language of `.net` files: text to syntax, and back to canonical text."""

from netspec.language.format import format_text
from netspec.language.parser import LARGEST, parse

__all__ = ["LARGEST", "format_text", "parse"]
