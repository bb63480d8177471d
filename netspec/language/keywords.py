"""The words of the language."""

#: Words that name nothing else (language.md section 2).
KEYWORDS = frozenset(
    [
        "net",
        "block",
        "use",
        "let",
        "input",
        "output",
        "share",
        "expect",
        "in",
        "for",
        "if",
        "else",
        "and",
        "or",
        "not",
        "true",
        "false",
    ]
)
