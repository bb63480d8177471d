// The figure: the server's drawing, each box of which can be chosen.
import { night } from "./colours";
import { byId, dark, roving } from "./dom";
import type { Net } from "./types";

/** A figure that is fitted is not smaller than its texts can be read. */
const READABLE = 0.8;
const LEAST = 0.25;
const MOST = 4;

export class Figure {
  private readonly place = byId("drawing");
  private readonly note = byId("figure-note");
  private boxes = new Map<string, SVGElement[]>();
  private net: Net | undefined;
  private scale: number | undefined;
  private marked = new Set<string>();
  private drawn = "";

  constructor(
    private readonly chosen: (layers: string[], key: string) => void,
    opened: (names: string[]) => void,
  ) {
    byId("closer").onclick = () => this.zoom(1.25);
    byId("farther").onclick = () => this.zoom(0.8);
    byId("fit").onclick = () => this.zoom(undefined);
    byId<HTMLInputElement>("unfold").onchange = (event) => opened((event.target as HTMLInputElement).checked ? ["all"] : []);
    dark.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.size()).observe(this.place);
  }

  /** Show a net; without one the last stays, pale. */
  show(net: Net | null): void {
    this.place.classList.toggle("stale", !net);
    this.note.textContent = net ? (net.svg ? "" : "This net has too many layers to be drawn.") : this.net
      ? "The figure is that of the last text without errors." : "There is no net to draw yet.";
    if (!net) return;
    this.net = net;
    byId<HTMLInputElement>("unfold").disabled = !net.blocks.length;
    if (net.svg !== this.drawn) this.draw();
    this.drawn = net.svg;
    this.mark(this.marked);
  }

  /** Mark the boxes that have one of these layers; the smallest that has it, not the frames around. */
  mark(layers: Set<string>, show = false): void {
    this.marked = layers;
    const found = new Set<string>();
    for (const layer of layers) {
      let best: string | undefined;
      let size = Infinity;
      for (const key of this.boxes.keys()) {
        const names = this.net?.boxes[key];
        if (names && names.length < size && names.includes(layer)) [best, size] = [key, names.length];
      }
      if (best !== undefined) found.add(best);
    }
    let first: SVGElement | undefined;
    for (const [key, boxes] of this.boxes)
      for (const box of boxes) {
        box.classList.toggle("marked", found.has(key));
        if (found.has(key)) first ??= box;
      }
    if (show) first?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private draw(): void {
    if (!this.net?.svg) return this.place.replaceChildren();
    const read = new DOMParser().parseFromString(this.net.svg, "image/svg+xml").documentElement;
    if (read.nodeName !== "svg") return this.place.replaceChildren();
    const drawing = document.importNode(read, true) as unknown as SVGSVGElement;
    drawing.querySelector("rect")?.setAttribute("fill", "none");
    if (dark.matches)
      for (const part of drawing.querySelectorAll("[fill], [stroke]"))
        for (const name of ["fill", "stroke"]) {
          const colour = part.getAttribute(name);
          if (colour) part.setAttribute(name, night(colour));
        }
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", `the figure of ${this.net.net}`);
    this.boxes = new Map();
    const all: SVGElement[] = [];
    for (const box of drawing.querySelectorAll<SVGElement>("[data-layer]")) {
      const key = box.dataset.layer ?? "";
      this.boxes.set(key, [...(this.boxes.get(key) ?? []), box]);
      const text = [...box.querySelectorAll(":scope > text")].map((part) => part.textContent).join(", ");
      box.setAttribute("role", "button");
      box.setAttribute("aria-label", text || key);
      box.addEventListener("click", (event) => {
        event.stopPropagation();
        this.choose(key);
      });
      box.addEventListener("keydown", (event) => {
        if (event.target !== box || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        this.choose(key);
      });
      all.push(box);
    }
    roving(all);
    this.place.replaceChildren(drawing);
    this.size();
  }

  private choose(key: string): void {
    this.chosen(this.net?.boxes[key] ?? [], key);
  }

  private zoom(by: number | undefined): void {
    const drawing = this.place.querySelector("svg");
    if (!drawing) return;
    const now = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    this.scale = by === undefined ? undefined : Math.min(MOST, Math.max(LEAST, now * by));
    this.size();
  }

  private size(): void {
    const drawing = this.place.querySelector("svg");
    if (!drawing) return;
    const { width, height } = drawing.viewBox.baseVal;
    const fitting = Math.min(1, Math.max(READABLE, this.place.clientWidth / width || 1));
    drawing.setAttribute("width", String(width * (this.scale ?? fitting)));
    drawing.setAttribute("height", String(height * (this.scale ?? fitting)));
  }
}
