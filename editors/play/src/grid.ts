// Connection tables as grids to click on. What a grid shows stands in the source, and so does every click.
import { byId, count, el, roving } from "./dom";
import type { Held, Source } from "./source";

const LIST = /^\s*(\d+)\s*:(.*)$/;
/** What may stand in the cells of a kind. */
const BRUSHES: Record<string, string[]> = { sparse: ["X"], dense: ["X"], kernel: ["X", "a"], shared: ["X", "a"], residual: ["=", "X", "a"] };

export class Grid {
  private readonly place = byId("table-grid");
  private readonly names = byId<HTMLSelectElement>("table-name");
  private readonly brushes = byId("brushes");
  private readonly facts = byId("table-facts");
  private brush = "X";
  private painting: string | undefined;
  private built = "";
  private of = "";
  private cells: HTMLElement[][] = [];

  constructor(
    private readonly source: Source,
    private readonly chosen: (line: number) => void,
  ) {
    this.names.onchange = () => {
      this.built = "";
      this.show();
      const held = this.held;
      if (held) this.chosen(this.source.view.state.doc.lineAt(held.body[0]).number - 1);
    };
    window.addEventListener("pointerup", () => (this.painting = undefined));
  }

  private get held(): Held | undefined {
    return this.source.tables.find((one) => one.table.name === this.names.value) ?? this.source.tables[0];
  }

  /** Show the chosen table as the text has it now. */
  show(): void {
    const tables = this.source.tables;
    const names = tables.map((one) => one.table.name);
    const chosen = names.includes(this.names.value) ? this.names.value : (names[0] ?? "");
    this.names.replaceChildren(...tables.map((one) => el("option", { value: one.table.name }, one.table.name)));
    this.names.value = chosen;
    byId("tables").classList.toggle("empty", !tables.length);
    const held = this.held;
    if (!held) {
      this.built = "";
      this.facts.textContent = "This net has no connection table.";
      this.place.replaceChildren();
      this.brushes.replaceChildren();
      return;
    }
    const { table } = held;
    const size = table.inputs === null ? "" : `${count(table.inputs)} → ${count(table.outputs)}, `;
    this.facts.textContent = table.connections === null ? `a ${table.kind} table with errors`
      : `${table.kind}, ${size}${count(table.connections)} connections, ${count(table.weights)} weights`;
    const cells = this.read(held) ?? table.drawn;
    if (!cells) {
      this.built = "";
      this.brushes.replaceChildren();
      this.place.replaceChildren(el("p", { class: "soft" }, "It is too large to be drawn cell by cell."));
      return;
    }
    this.offer(held, cells);
    this.draw(held, cells);
  }

  /** The cells of a table that is drawn in the text; undefined where a generator makes it. */
  private read(held: Held): string[][] | undefined {
    const rows = held.rows.map(([from, to]) => this.source.view.state.sliceDoc(from, to));
    if (!rows.length) return undefined;
    if (!rows.every((row) => LIST.test(row))) return rows.map((row) => row.split(/\s+/).filter(Boolean));
    const wide = held.table.outputs ?? rows.length;
    const grid = Array.from({ length: held.table.inputs ?? 0 }, () => Array<string>(wide).fill("."));
    for (const row of rows) {
      const [, output, inputs] = LIST.exec(row)!;
      for (const input of inputs!.split(/\s+/).filter(Boolean)) {
        const cell = grid[Number(input)];
        if (cell && Number(output) < wide) cell[Number(output)] = "X";
      }
    }
    return grid;
  }

  private offer({ table }: Held, cells: string[][]): void {
    const used = new Set(cells.flat().filter((text) => text !== "."));
    const known = BRUSHES[table.kind] ?? ["X"];
    const letters = [...used].filter((text) => /^\p{Ll}/u.test(text)).sort();
    const next = known.includes("a") ? [..."abcdefghijklmnopqrstuvwyz"].find((one) => !used.has(one)) : undefined;
    const all = [...new Set([...known.filter((one) => one !== "a"), ...letters, ...(next ? [next] : []),
      ...[...used].filter((text) => !/^\p{Ll}/u.test(text))])];
    if (this.of !== table.name) this.brush = cells.flat().find((text) => text !== ".") ?? "X";
    this.of = table.name;
    if (!all.includes(this.brush)) this.brush = all[0] ?? "X";
    this.brushes.replaceChildren(...(all.length < 2 ? [] : all.map((text) =>
      el("button", { type: "button", "aria-pressed": String(text === this.brush), "aria-label": `draw ${text}`,
        onclick: () => { this.brush = text; this.offer({ table } as Held, cells); } }, text))));
  }

  private draw(held: Held, cells: string[][]): void {
    const { table } = held;
    const written = held.rows.length > 0;
    const key = JSON.stringify([table.name, table.kind, written, cells.length, ...cells.map((row) => row.length)]);
    if (key !== this.built) this.build(held, cells, written);
    this.built = key;
    const colours = new Map<string, number>();
    cells.forEach((row, i) => row.forEach((text, j) => {
      const cell = this.cells[i]?.[j];
      if (!cell) return;
      const kind = text === "." ? "none" : text === "X" ? "own" : /^\p{Ll}/u.test(text) ? "named" : "fixed";
      if (kind === "named" && !colours.has(text)) colours.set(text, colours.size % 6);
      cell.className = `cell ${kind}${kind === "named" ? ` c${colours.get(text)}` : ""}`;
      cell.textContent = kind === "none" || kind === "own" ? "" : text;
      const what = { none: "no connection", own: "a connection", named: `weight ${text}`, fixed: `passes on, ${text}` }[kind];
      cell.setAttribute("aria-label", `input ${i}, output ${j}: ${what}`);
    }));
  }

  private build(held: Held, cells: string[][], written: boolean): void {
    const wide = Math.max(0, ...cells.map((row) => row.length));
    const head = el("tr", {}, el("td"), ...Array.from({ length: wide }, (_, j) => el("th", { scope: "col" }, String(j))));
    this.cells = cells.map((row, i) => row.map((_, j) => this.cell(i, j, written)));
    const rows = this.cells.map((row, i) => el("tr", {}, el("th", { scope: "row" }, String(i)), ...row));
    const name = `table ${held.table.name}: a row for each input, a column for each output`;
    const grid = el("table", { role: "grid", "aria-label": name, class: written ? "" : "made" }, el("thead", {}, head),
      el("tbody", {}, ...rows));
    roving(this.cells.flat(), wide);
    const turn = el("button", { type: "button", onclick: () => this.lay(cells) }, "Draw it in the source");
    const made = el("p", { class: "soft" }, "A generator makes this table. ", turn);
    this.place.replaceChildren(el("div", { class: "scroll" }, grid), ...(written || !held.table.drawn ? [] : [made]));
  }

  private cell(i: number, j: number, written: boolean): HTMLElement {
    const cell = el("td", { role: "gridcell" });
    if (!written) return cell;
    cell.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      (event.target as Element).releasePointerCapture?.(event.pointerId);
      cell.focus();
      this.painting = this.set(i, j);
    });
    cell.addEventListener("pointerenter", () => {
      if (this.painting !== undefined) this.set(i, j, this.painting);
    });
    cell.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        this.set(i, j);
      } else if (/^[a-z=.X]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const kinds = [".", ...(BRUSHES[this.held?.table.kind ?? ""] ?? [])];
        if (kinds.includes(/^[a-z]$/.test(event.key) ? "a" : event.key)) this.set(i, j, event.key);
      }
    });
    return cell;
  }

  /** Write a cell into the source: `text`, or the brush where it is not there already, else nothing. */
  private set(i: number, j: number, text?: string): string | undefined {
    const held = this.held;
    const cells = held && this.read(held);
    const now = cells?.[i]?.[j];
    if (!held || now === undefined) return undefined;
    const next = text ?? (now === this.brush ? "." : this.brush);
    if (next === now) return next;
    const first = held.rows[0];
    const rows = held.rows.map(([from, to]) => this.source.view.state.sliceDoc(from, to));
    if (first && LIST.test(rows[0] ?? "")) this.list(held, rows, i, j, next !== ".");
    else {
      const [from] = held.rows[i]!;
      const at = [...rows[i]!.matchAll(/\S+/g)][j]!;
      this.source.write(from + at.index, from + at.index + at[0].length, next);
    }
    return next;
  }

  private list(held: Held, rows: string[], input: number, output: number, there: boolean): void {
    const at = rows.findIndex((row) => Number(LIST.exec(row)![1]) === output);
    if (at < 0) return;
    const inputs = new Set(LIST.exec(rows[at]!)![2]!.split(/\s+/).filter(Boolean).map(Number));
    if (there) inputs.add(input);
    else inputs.delete(input);
    const [from, to] = held.rows[at]!;
    this.source.write(from, to, `${output}: ${[...inputs].sort((a, b) => a - b).join(" ")}`.trimEnd());
  }

  /** Put a picture in place of a generator. */
  private lay(cells: string[][]): void {
    const held = this.held;
    if (!held) return;
    const doc = this.source.view.state.doc;
    const before = doc.lineAt(held.body[0]).text;
    const indent = /^\s*/.exec(before)![0];
    const rows = cells.map((row) => `${indent}    ${row.join(" ")}\n`).join("");
    this.source.write(held.body[0], held.body[1], ` {\n${rows}${indent}}`);
  }
}
