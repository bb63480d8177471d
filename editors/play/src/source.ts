// The source: an editor whose problems, completions and help come from the server, and the lines that are marked.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, snippetCompletion,
  type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, toggleComment } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField, Transaction, type Text } from "@codemirror/state";
import { Decoration, EditorView, drawSelection, dropCursor, highlightActiveLine, highlightActiveLineGutter,
  hoverTooltip, keymap, lineNumbers, type DecorationSet } from "@codemirror/view";
import { language } from "./language";
import { markdown } from "./markdown";
import type { Place, Problem, Table } from "./types";

type Ask = (what: string, line: number, character: number) => Promise<unknown>;

/** A table of the text whose places follow what is typed. */
export interface Held {
  table: Table;
  rows: [number, number][];
  body: [number, number];
}

const mark = StateEffect.define<number[]>();
const hold = StateEffect.define<Table[]>();
const line = Decoration.line({ class: "marked" });

export function offset(doc: Text, lineNumber: number, character: number): number {
  if (lineNumber >= doc.lines) return doc.length;
  const found = doc.line(lineNumber + 1);
  return Math.min(found.from + character, found.to);
}

const stretch = (doc: Text, place: Place): [number, number] => [
  offset(doc, place[0], place[1]),
  offset(doc, place[2], place[3]),
];

const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(now, change) {
    now = now.map(change.changes);
    for (const effect of change.effects)
      if (effect.is(mark)) {
        const lines = effect.value.filter((at) => at < change.state.doc.lines).sort((a, b) => a - b);
        now = Decoration.set(lines.map((at) => line.range(change.state.doc.line(at + 1).from)));
      }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const held = StateField.define<Held[]>({
  create: () => [],
  update(now, change) {
    if (change.docChanged) {
      const move = (at: [number, number]): [number, number] => [change.changes.mapPos(at[0], -1), change.changes.mapPos(at[1], 1)];
      now = now.map((one) => ({ ...one, rows: one.rows.map(move), body: move(one.body) }));
    }
    for (const effect of change.effects)
      if (effect.is(hold)) {
        const doc = change.state.doc;
        now = effect.value.map((table) => ({
          table,
          rows: table.rows.map((row) => stretch(doc, row)),
          body: stretch(doc, table.body),
        }));
      }
    return now;
  },
});

interface Item {
  label: string;
  labelDetails?: { description?: string };
  kind?: number;
  documentation?: { value: string };
  sortText?: string;
  textEdit?: { range: { start: { line: number; character: number } }; newText: string };
}

export class Source {
  readonly view: EditorView;
  private quiet = false;

  constructor(
    parent: HTMLElement,
    nonce: string,
    private readonly ask: Ask,
    on: { change: (text: string) => void; cursor: (line: number) => void; save: () => void; format: () => void },
  ) {
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: "",
        extensions: [
          EditorView.cspNonce.of(nonce),
          lineNumbers(), lintGutter(), history(), drawSelection(), dropCursor(), bracketMatching(), closeBrackets(),
          highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), indentUnit.of("    "),
          EditorView.contentAttributes.of({ "aria-label": "source of the spec", autocorrect: "off", spellcheck: "false" }),
          marked, held, language,
          autocompletion({ override: [(context) => this.complete(context)], icons: false }),
          hoverTooltip((view, at) => this.hover(view, at)),
          keymap.of([
            { key: "Mod-s", run: () => (on.save(), true) },
            { key: "Shift-Alt-f", run: () => (on.format(), true) },
            { key: "Mod-/", run: toggleComment },
            ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) on.change(update.state.doc.toString());
            if (update.selectionSet && !this.quiet && update.transactions.some((one) => one.isUserEvent("select")))
              on.cursor(update.state.doc.lineAt(update.state.selection.main.head).number - 1);
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get tables(): Held[] {
    return this.view.state.field(held);
  }

  /** Put another text in place of all; it can be undone unless it is where the page begins. */
  replace(text: string, first = false): void {
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      annotations: first ? Transaction.addToHistory.of(false) : undefined,
    });
  }

  /** Write into the text, as if it had been typed. */
  write(from: number, to: number, insert: string): void {
    this.view.dispatch({ changes: { from, to, insert }, userEvent: "input" });
  }

  writeAt(place: Place, insert: string): void {
    this.write(...stretch(this.view.state.doc, place), insert);
  }

  hold(tables: Table[]): void {
    this.view.dispatch({ effects: hold.of(tables) });
  }

  /** Mark lines; with `show` the first is brought into sight. */
  mark(lines: number[], show = false): void {
    const effects: StateEffect<unknown>[] = [mark.of(lines)];
    const [first] = lines;
    if (show && first !== undefined && first < this.view.state.doc.lines)
      effects.push(EditorView.scrollIntoView(this.view.state.doc.line(first + 1).from, { y: "center" }));
    this.view.dispatch({ effects });
  }

  go(place: Place): void {
    const at = offset(this.view.state.doc, place[0], place[1]);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
  }

  show(problems: Problem[]): void {
    const doc = this.view.state.doc;
    const found = problems.map((problem): Diagnostic => {
      const [from, to] = stretch(doc, problem.place);
      const said = [problem.file ? `${problem.file}: ${problem.message}` : problem.message, problem.label];
      return {
        from, to: Math.max(from, to), severity: problem.severity, source: problem.code,
        message: [...said, problem.help && `help: ${problem.help}`].filter(Boolean).join("\n"),
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, found));
  }

  async format(): Promise<boolean> {
    const before = this.view.state.doc;
    const edits = (await this.ask("format", 0, 0)) as
      | { range: { start: Where; end: Where }; newText: string }[]
      | null;
    if (!edits || this.view.state.doc !== before) return false;
    this.view.dispatch({
      changes: edits.map((edit) => ({
        from: offset(before, edit.range.start.line, edit.range.start.character),
        to: offset(before, edit.range.end.line, edit.range.end.character),
        insert: edit.newText.replace(/\r\n/g, "\n"),
      })),
      userEvent: "input.format",
    });
    return true;
  }

  private async complete(context: CompletionContext): Promise<CompletionResult | null> {
    const word = context.matchBefore(/[\p{L}\p{N}_]+/u);
    const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
    if (!word && !context.explicit && !"(:.>[\"".includes(before || "\n")) return null;
    const here = context.state.doc.lineAt(context.pos);
    const answer = (await this.ask("completion", here.number - 1, context.pos - here.from)) as { items: Item[] } | null;
    if (!answer?.items.length || context.aborted) return null;
    const options = answer.items.map((item): Completion => {
      const made: Completion = {
        label: item.label,
        detail: item.labelDetails?.description,
        boost: item.sortText?.startsWith("0") ? 50 : 0,
        info: item.documentation ? () => markdown(item.documentation!.value) : undefined,
      };
      const text = item.textEdit?.newText ?? item.label;
      return text.includes("$") ? snippetCompletion(text.replace(/\$(\d+)/g, "${$1}"), made) : { ...made, apply: text };
    });
    const start = answer.items[0]?.textEdit?.range.start;
    return { from: start ? offset(context.state.doc, start.line, start.character) : (word?.from ?? context.pos), options };
  }

  private async hover(view: EditorView, at: number) {
    const here = view.state.doc.lineAt(at);
    const found = (await this.ask("hover", here.number - 1, at - here.from)) as
      | { contents: { value: string }; range: { start: Where; end: Where } }
      | null;
    if (!found) return null;
    return {
      pos: offset(view.state.doc, found.range.start.line, found.range.start.character),
      end: offset(view.state.doc, found.range.end.line, found.range.end.character),
      create: () => ({ dom: markdown(found.contents.value) }),
    };
  }
}

interface Where {
  line: number;
  character: number;
}
