"""Faults of the language: words, line ends, recovery, the canonical form; and of how findings are printed."""

from __future__ import annotations

from tests.planted.fault import Planted, rows_of

_TESTS = "tests/language/test_"
LEXER, EXPRESSIONS, PIPELINES, RECOVERY, MESSAGES, VERSION, FORMAT, GRAMMAR = (
    f"{_TESTS}{name}.py"
    for name in ("lexer", "expressions", "pipelines", "recovery", "messages", "version", "format", "grammar")
)
FORMAT += "::test_the_canonical_form"
TEXT = f"{_TESTS}text.py"
PROBLEM, RENDER, SPELLING, EXCERPT = (
    f"tests/diagnostics/test_{name}.py" for name in ("problem", "render", "spelling", "excerpt")
)


fault = rows_of("language/{}")
printed = rows_of("diagnostics/{}")

WORDS = (
    fault("lexer.py", '_OPERAND_ENDS and self._operand_follows(end)', "_OPERAND_ENDS", LEXER,
          "an `x` with nothing behind it is a name"),
    fault("lexer.py", '("if", "else", "and", "or", "not", "for")', '("if", "else", "and", "or", "for")', LEXER,
          "`a x not b`: the x is a name"),
    fault("lexer.py", '_OPERAND_ENDS = {"NUMBER", "NAME", "RPAR"}',
          '_OPERAND_ENDS = {"NUMBER", "NAME", "RPAR", "RSQB"}', LEXER,
          "a size begins with a number, a name or a parenthesis"),
    fault("lexer.py", "if end - start > LONGEST_NAME:", "if end - start >= LONGEST_NAME:", LEXER,
          "a name may have 255 characters"),
    fault("lexer.py", "len(self.found.comments) > MOST_TOKENS", "len(self.found.comments) >= MOST_TOKENS", LEXER,
          "a file may have so many words"),
    fault("lexer.py", "len(self.raw) + len(self.found.comments) >", "len(self.raw) >", LEXER,
          "comments count among the words of a file"),
    fault("lexer.py", 'unicodedata.normalize("NFC", self.text[start:end])', "self.text[start:end]", LEXER,
          "names are compared in NFC"),
    fault("lexer.py", 'before == "NAME" and len(self.raw) - self.statement == 1', 'before == "NAME"', LEXER,
          "`table` is a word behind the first of a statement alone"),
    fault("lexer.py", '.type == "TABLE" and not self.assigned', '.type == "TABLE"', LEXER,
          "braces behind `=` hold no picture"),
    fault("lexer.py", 'value=\'"?"\'', "value=None", RECOVERY, "a string with a wrong escape is one error"),
    fault("lines.py", '("_NL", "LBRACE") and token.type not in ("RBRACE", "ARROW")',
          '("_NL", "LBRACE") and token.type not in ("RBRACE",)', LEXER, "a line that begins with -> goes on"),
    fault("lines.py", 'last not in ("_NL", "LBRACE")', 'last not in ("_NL",)', LEXER,
          "braces may open a line before their first statement"),
    fault("lines.py", '("NET", "BLOCK", "OUTPUT")', '("NET", "BLOCK")', RECOVERY,
          "an output's arguments may stand on lines of their own"),
    fault("version.py", "or len(found[1]) > 9", "", VERSION, "`netspec 0000000012` is not version 1"),
    fault("version.py", "int(found[1][:9]) != VERSION", "int(found[1][:9]) > VERSION", VERSION,
          "there is no version 0"),
    fault("version.py", "bool(theirs) or not _OURS.search(text)", "bool(theirs)", VERSION,
          "a file that may be anybody's is not read on"),
    fault("version.py", "re.IGNORECASE", "0", VERSION, "`Netspec 1` is nearly right"),
    fault("characters.py", 'unicodedata.category(c) in ("Cf", "Cc", "Zl", "Zp")',
          'unicodedata.category(c) in ("Cc", "Zl", "Zp")', LEXER, "an invisible character in a name is an error"),
    fault("characters.py", "u[dD][89abAB]..", "u[dD][89a-fA-F]..", LEXER, "half a surrogate is no character"),
    fault("lookalikes.py", 'unicodedata.normalize("NFKC", name)', "name", TEXT, "wide letters look like Latin ones"),
)  # fmt: skip
TREES = (
    fault("builder.py", '"-" if minus % 2 else "+"', '"-"', EXPRESSIONS, "two minuses are a plus"),
    fault("builder.py", "if len(parts) % 2 == 0 else", "if len(parts) % 2 else", EXPRESSIONS,
          "`not not a` is not `not a`"),
    fault("builder.py", "s.IfElse(self._span(parts), parts[0], parts[2], parts[4])",
          "s.IfElse(self._span(parts), parts[2], parts[0], parts[4])", EXPRESSIONS,
          "what stands before `if` is the value"),
    fault("builder.py", 'token.type == "TRUE")', 'token.type == "FALSE")', EXPRESSIONS, "true is true"),
    fault("builder.py", 'depth > DEEPEST', 'depth > 10 * DEEPEST', TEXT, "what nests without brackets has a depth too"),
    fault("builder.py", "s.Choice(self._span(parts), parts[0], parts[2], parts[4])",
          "s.Choice(self._span(parts), parts[4], parts[2], parts[0])", PIPELINES,
          "what stands before `if` is chosen where it holds"),
    fault("builder.py", "parts[6] if two else None, last", "None, last", PIPELINES,
          "a table has a size on both sides of its arrow"),
    fault("builder.py", "condition = parts[4] if len(parts) > 3 else None", "condition = None", PIPELINES,
          "an expectation may hold only then"),
    fault("grammar.py", 'saved.get("origin") != origin(grammar)', 'saved.get("origin") is None', GRAMMAR,
          "tables of another grammar are not read"),
    fault("grammar.py", '{"lark": lark.__version__, ', '{"lark": "", ', GRAMMAR, "tables of another Lark are not read"),
    fault("brackets.py", "if len(self.open) <= DEEPEST:", "if len(self.open) < DEEPEST:", LEXER,
          "brackets may be nested 100 deep"),
    fault("brackets.py", 'if kind != "RBRACE" and', 'if', RECOVERY, "a brace that closes ends what is open within"),
    fault("brackets.py", "return end\n", "return start + 1\n", RECOVERY, "a run of brackets too many is one mistake"),
)  # fmt: skip
RECOVERED = (
    fault("recovery.py", "or depth > open_braces", "", RECOVERY, "braces that have closed are not opened again"),
    fault("recovery.py", "self.lexer_errors[first] <= end", "self.lexer_errors[first] < start", RECOVERY,
          "what follows from another error is not said"),
    fault("recovery.py", "max(given_up_part.end_pos, token.start_pos or 0)", "given_up_part.end_pos", RECOVERY,
          "a bracket too many explains the line end behind it"),
    fault("recovery.py", 'and "_NL" in expected', "", RECOVERY, "behind braces in parentheses a statement goes on"),
    fault("recovery.py", 'tokens[index + 1].type == "LBRACE"', "False", RECOVERY,
          "a brace that opens a line too late is one mistake"),
    fault("recovery.py", '(depth == 0 and tokens[index].type in ("_NL", "RBRACE"))',
          '(tokens[index].type in ("_NL", "RBRACE"))', RECOVERY, "what is passed over behind a brace may have braces"),
    fault("recovery.py", "kept -= max(size - len(new), 0)", "kept -= size", MESSAGES,
          "messages list what the parser accepts"),
    fault("recovery.py", "return str(tokens[2])", "return str(tokens[1])", RECOVERY, "a broken table binds its name"),
    fault("statements.py", 'if token.type != "RBRACE":', "if True:", RECOVERY,
          "a statement begins behind a line end or an opening brace"),
    fault("messages.py", 'if "_NL" in position.expected and not position.inside and', "if not position.inside and",
          MESSAGES, "`3 y` where an operand is missing is no second value"),
    fault("messages.py", 'if position.back(2).type in ("LPAR", "ASSIGN") else', "if True else", MESSAGES,
          "of a pipeline's end nothing is said to be a value"),
    fault("messages.py", 'position.head.type != "LET" and any(', "any(", MESSAGES, "numbers are joined by signs"),
    fault("messages.py", 'let = "" if position.statements.depths[position.index] else "let "', 'let = ""', MESSAGES,
          "outside a net a name is bound by `let`"),
    fault("messages.py", '_CHAINED = {"prepare", "augment", "schedule"}', '_CHAINED = {"prepare", "schedule"}',
          MESSAGES, "steps that augment have arrows between them"),
    fault("messages.py", 'if token.type in ("_NL", "$END") and index:', 'if token.type == "_NL" and index:', MESSAGES,
          "an end is underlined behind what is there"),
    fault("messages.py", 'counted = (position.back(3).type, position.back(2).type) == ("RPAR", "STAR")',
          "counted = False", MESSAGES, "a count of several terms has its own advice"),
)  # fmt: skip
FORMATTED = (
    fault("format.py", "number > last + 1", "number > last", FORMAT, "one empty line stays where some stood"),
    fault("format.py", 'if row.apart and not after_open and first != "RBRACE":', 'if row.apart and first != "RBRACE":',
          FORMAT, "no empty line stands behind an opening brace"),
    fault("format.py", "indent = inside + 1", "indent = inside", FORMAT, "a line that goes on is indented"),
    fault("format.py", "return not (tight and plain)", "return not tight", FORMAT,
          "`3x1` stays tight between two numbers"),
    fault("format.py", "return not _unary(pieces, i - 1)", "return True", FORMAT, "a sign stands at its number"),
    fault("format.py", 'row.pieces[0].type == "COMMENT" and picture', "False", FORMAT,
          "a comment in a picture does not part its columns"),
    fault("format.py", "return not tight or _output(pieces, i)", "return not tight", FORMAT,
          "`output y (train)` has a blank"),
)  # fmt: skip
FINDINGS = (
    printed("problem.py", "offset - self._starts[line - 1] + 1", "offset - self._starts[line - 1]", PROBLEM,
          "columns count from 1"),
    printed("problem.py", "line = bisect_right(self._starts, offset)", "line = bisect_right(self._starts, offset + 1)",
          PROBLEM, "a line end belongs to its line"),
    printed("problems.py", "if key in self._all:", "if False:", PROBLEM,
          "the same finding at the same place is kept once"),
    printed("problems.py", "len(self._all) >= self.most", "len(self._all) > self.most", PROBLEM,
          "so many findings are kept"),
    printed("problem.py", "span or self.span", "self.span or span", PROBLEM, "who knows the place of a fault says it"),
    printed("render.py", 'problems[i].severity != "error"', 'problems[i].severity == "error"', RENDER,
          "errors are told before warnings"),
    printed("render.py", "for i in urgent[most:]]", "for i in urgent[most + 1:]]", RENDER,
          "what is not told is counted"),
    printed("render.py", "key=lambda mark: (mark[0].line, mark[0].start)", "key=lambda mark: -mark[0].start", RENDER,
          "marks stand in the order of the file"),
    printed("render.py", 'sign == "^"', 'sign == "-"', RENDER, "the first place has the colour of its kind"),
    printed("spelling.py", "before = last", "before = row", SPELLING, "two neighbours swapped are one edit"),
    printed("spelling.py", "// 3)", "// 2)", SPELLING, "what differs in more than a third is no guess"),
    printed("spelling.py", "if not 1 < len(name) <= LONGEST:", "if not 0 < len(name) <= LONGEST:", SPELLING,
          "of one letter everything is a neighbour"),
    printed("spelling.py", "other[:1] != name[:1]", "other[:1] == name[:1]", SPELLING,
          "of equals the one that starts alike"),
    printed("shortened.py", "len(text) <= most else", "len(text) < most else", PROBLEM,
          "a message may be 500 characters long"),
    printed("excerpt.py", "<= self.first + len(self.cells) - (1 if self.behind else 0)",
          "< self.first + len(self.cells)", RENDER, "the place behind the last character is shown"),
    printed("excerpt.py", 'in "WF" else 1', 'in "W" else 1', EXCERPT, "wide letters take two columns"),
)  # fmt: skip
START = (
    Planted("cli/ending.py", "if TYPE_CHECKING:", "if True:", "tests/cli/test_start.py::test_help_loads_no_command",
          "help loads nothing of the compiler"),
    Planted("settings/readers.py", "or isinstance(value, bool) or value < least", "or value < least",
          "tests/settings/test_readers.py", "true is no number"),
    Planted("settings/readers.py", "or not least <= value <= most", "or not least < value <= most",
          "tests/settings/test_readers.py", "bounds are taken"),
    Planted("settings/readers.py", "len(value) < at_least", "len(value) <= at_least", "tests/settings/test_readers.py",
          "a list has so many at least"),
)  # fmt: skip
FAULTS: tuple[Planted, ...] = (*WORDS, *TREES, *RECOVERED, *FORMATTED, *FINDINGS, *START)
