// The words of a spec in colour, line by line: what a layer is told by its place behind an arrow.
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags as t } from "@lezer/highlight";

const DECLARE = /^(?:netspec|net|block|share|use|let|input|output|expect|train|data|table|sparse|shared|residual|dense|kernel)\b/u;
const WORDS = new Set(["for", "in", "if", "else", "and", "or", "not"]);

interface State {
  arrow: boolean;
  first: boolean;
}

const stream = StreamLanguage.define<State>({
  name: "netspec",
  startState: () => ({ arrow: false, first: true }),
  token(source, state) {
    if (source.sol()) state.first = true;
    if (source.eatSpace()) return null;
    if (source.match(/^#.*/)) return "comment";
    if (source.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (source.match("->")) {
      state.arrow = true;
      return "operator";
    }
    const { arrow, first } = state;
    state.arrow = state.first = false;
    if (first && !source.match(/^(?:dense|residual|block)\s*(?:\(|$)/u, false) && source.match(DECLARE)) return "keyword";
    if (source.match(/^table(?=\s+[\p{L}_])/u)) return "keyword";
    if (source.match(/^\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/)) return "number";
    const word = source.match(/^[\p{L}_][\p{L}\p{N}_]*/u) as RegExpMatchArray | null;
    if (word) {
      if (word[0] === "x" || WORDS.has(word[0])) return "operatorKeyword";
      if (word[0] === "true" || word[0] === "false") return "bool";
      if (source.match(/^\s*:/, false)) return "propertyName";
      return arrow || source.match(/^\(/, false) ? "typeName" : "variableName";
    }
    if (source.match(/^[[{(]/)) {
      state.arrow = arrow;
      state.first = source.string[source.pos - 1] === "{";
      return "bracket";
    }
    source.next();
    return "punctuation";
  },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});

const colours = HighlightStyle.define([
  { tag: t.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: t.keyword, color: "var(--ink)", fontWeight: "650" },
  { tag: t.typeName, color: "var(--layer)" },
  { tag: t.number, color: "var(--number)" },
  { tag: t.bool, color: "var(--number)" },
  { tag: t.string, color: "var(--string)" },
  { tag: t.propertyName, color: "var(--soft)" },
  { tag: [t.operator, t.operatorKeyword], color: "var(--soft)" },
]);

export const language = [stream, syntaxHighlighting(colours)];
