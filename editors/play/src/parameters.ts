// The net's parameters: a slider for each number, a box for each yes or no, a field for the rest.
import { byId, el } from "./dom";
import type { Parameter, Place } from "./types";

const NUMBER = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i;

export class Parameters {
  private readonly place = byId("parameters");
  /** What was set, as texts by name. */
  readonly values: Record<string, string> = {};
  private shown = "";
  private made = new Map<string, { set: (text: string) => void; keep: HTMLButtonElement; parameter: Parameter }>();

  constructor(
    private readonly changed: (values: Record<string, string>) => void,
    private readonly keep: (place: Place, text: string) => void,
  ) {}

  show(parameters: Parameter[]): void {
    const names = JSON.stringify(parameters.map(({ name, default: written, said }) => [name, written, said]));
    if (names !== this.shown) {
      this.shown = names;
      this.made = new Map();
      this.place.replaceChildren(...parameters.map((parameter) => this.row(parameter)));
      this.place.hidden = !parameters.length;
    }
    for (const parameter of parameters) {
      const made = this.made.get(parameter.name);
      if (made) made.parameter = parameter;
      this.refresh(parameter.name);
    }
  }

  private row(parameter: Parameter): HTMLElement {
    const { name, said } = parameter;
    const text = this.values[name] ?? parameter.default ?? "";
    const id = `parameter-${name}`;
    const keep = el("button", { type: "button", class: "quiet", title: `Write ${name} = … into the source`,
      "aria-label": `write ${name} into the source`, onclick: () => this.write(name) }, "keep");
    const [field, set] = this.field(parameter, id, text);
    this.made.set(name, { set, keep, parameter });
    const why = said ? el("span", { class: "soft" }, "as the comment in the source says") : keep;
    return el("div", { class: "parameter" }, el("label", { for: id }, name), ...field, why);
  }

  private field(parameter: Parameter, id: string, text: string): [HTMLElement[], (text: string) => void] {
    const { name, said } = parameter;
    if (text === "true" || text === "false") {
      const box = el("input", { type: "checkbox", id, disabled: said,
        onchange: () => this.set(name, String(box.checked)) });
      return [[box], (now) => (box.checked = now === "true")];
    }
    const entry = el("input", { type: "text", id: NUMBER.test(text) ? `${id}-number` : id, value: text, disabled: said,
      size: NUMBER.test(text) ? 6 : 16, "aria-label": `${name}, as text`,
      onchange: () => this.set(name, entry.value.trim()) });
    if (!NUMBER.test(text)) return [[entry], (now) => (entry.value = now)];
    const start = Number(parameter.default ?? text);
    const whole = Number.isInteger(start);
    const most = whole ? Math.max(8, 2 * Math.abs(start)) : 2 * Math.abs(start) || 1;
    const slider = el("input", { type: "range", id, min: whole ? Math.min(1, start) : 0, max: most,
      step: whole ? 1 : most / 100, value: text, disabled: said,
      oninput: () => this.set(name, String(Number(Number(slider.value).toPrecision(6)))) });
    return [[slider, entry], (now) => {
      entry.value = now;
      if (NUMBER.test(now)) slider.value = now;
    }];
  }

  private set(name: string, text: string): void {
    const parameter = this.made.get(name)?.parameter;
    if (!text || text === parameter?.default) delete this.values[name];
    else this.values[name] = text;
    this.refresh(name);
    this.changed(this.values);
  }

  private refresh(name: string): void {
    const made = this.made.get(name);
    if (!made) return;
    made.set(this.values[name] ?? made.parameter.default ?? "");
    made.keep.hidden = !(name in this.values) || !made.parameter.place;
  }

  private write(name: string): void {
    const made = this.made.get(name);
    const text = this.values[name];
    if (!made?.parameter.place || text === undefined) return;
    const plain = NUMBER.test(text) || /^(true|false|\[.*\]|".*")$/.test(text);
    this.keep(made.parameter.place, plain ? text : JSON.stringify(text));
    delete this.values[name];
    this.changed(this.values);
  }
}
