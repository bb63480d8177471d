// The table of layers.
import { byId, count, el } from "./dom";
import type { Net } from "./types";

export class Layers {
  private readonly body = byId("layer-rows");
  private rows = new Map<string, HTMLElement>();

  constructor(private readonly chosen: (layers: string[]) => void) {}

  show(net: Net | null): void {
    byId("layers").classList.toggle("stale", !net);
    if (!net) return;
    this.rows = new Map();
    const rows = net.layers.map((layer) => {
      const name = el("button", { type: "button", onclick: () => this.chosen([layer.name]) }, layer.name);
      const row = el("tr", { onclick: () => this.chosen([layer.name]) },
        el("th", { scope: "row" }, name), el("td", {}, layer.kind), el("td", {}, layer.shape.replace(/ x /g, " × ")),
        el("td", { class: "n" }, layer.parameters ? count(layer.parameters) : ""),
        el("td", { class: "n" }, layer.connections ? count(layer.connections) : ""),
        el("td", { class: "n" }, layer.macs ? count(layer.macs) : ""));
      name.addEventListener("click", (event) => event.stopPropagation());
      this.rows.set(layer.name, row);
      return row;
    });
    const inputs = Object.entries(net.inputs).map(([name, shape]) =>
      el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, "input"), el("td", {}, shape.replace(/ x /g, " × ")),
        el("td"), el("td"), el("td")));
    const more = net.more ? [el("tr", {}, el("td", { colspan: 6 }, `… and ${count(net.more)} more layers`))] : [];
    this.body.replaceChildren(...inputs, ...rows, ...more);
    byId("layer-sums").replaceChildren(el("th", { scope: "row" }, "sum"), el("td"), el("td"),
      ...[net.parameters, net.connections, net.macs].map((sum) => el("td", { class: "n" }, count(sum))));
  }

  mark(layers: Set<string>, show = false): void {
    let first = show;
    for (const [name, row] of this.rows) {
      row.classList.toggle("marked", layers.has(name));
      if (first && layers.has(name)) {
        row.scrollIntoView({ block: "nearest" });
        first = false;
      }
    }
  }
}
