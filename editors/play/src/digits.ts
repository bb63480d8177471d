// A digit drawn with mouse, finger or keys, what the net says of it, and the values of each layer as pictures.
import { byId, dark, el } from "./dom";
import type { Answer, Pictures } from "./types";

/** Pixels of a drawing; of the shipped digits. */
const SIDE = 112;
const SHIPPED = 28;
const PEN = 9;
const APART = 90;

export class Digits {
  private readonly board = byId<HTMLCanvasElement>("board");
  private readonly said = byId("answer");
  private readonly layers = byId("pictures");
  private pixels: string | undefined;
  private last: [number, number] | undefined;
  private pen: { x: number; y: number; down: boolean } = { x: SIDE / 2, y: SIDE / 2, down: false };
  private waiting = 0;
  private again = false;
  private number = 0;
  private ask: (pixels: string, id: number) => boolean;
  private answer: Answer | undefined;
  private samples = new Map<number, number>();
  private readonly ink: ImageData;

  constructor(ask: (pixels: string, id: number) => boolean, sample: (label: number, number: number) => void) {
    this.ask = ask;
    this.board.width = this.board.height = SIDE;
    this.ink = new ImageData(SIDE, SIDE);
    this.paint();
    this.board.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.board.setPointerCapture(event.pointerId);
      this.board.focus();
      this.stroke(...this.place(event));
    });
    this.board.addEventListener("pointermove", (event) => {
      if (!this.board.hasPointerCapture(event.pointerId)) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) this.stroke(...this.place(one));
    });
    for (const name of ["pointerup", "pointercancel"] as const)
      this.board.addEventListener(name, () => (this.last = undefined));
    this.board.addEventListener("keydown", (event) => this.key(event));
    this.board.addEventListener("focus", () => this.paint());
    this.board.addEventListener("blur", () => this.paint());
    byId("clear").onclick = () => this.clear();
    byId("samples").append(...Array.from({ length: 10 }, (_, label) =>
      el("button", { type: "button", "aria-label": `a shipped ${label}`, onclick: () => {
        const number = this.samples.get(label) ?? 0;
        this.samples.set(label, number + 1);
        sample(label, number);
      } }, String(label))));
    dark.addEventListener("change", () => {
      this.paint();
      if (this.answer) this.show(this.answer);
    });
  }

  /** A shipped digit, as it is. */
  put(pixels: string): void {
    this.ink.data.fill(0);
    const wide = SIDE / SHIPPED;
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const at = Math.floor(y / wide) * SHIPPED + Math.floor(x / wide);
        this.ink.data[4 * (y * SIDE + x) + 3] = parseInt(pixels.slice(2 * at, 2 * at + 2), 16);
      }
    this.pixels = pixels;
    this.paint();
    this.send();
  }

  /** The net or its weights are others now: ask again. */
  refresh(): void {
    if (this.pixels !== undefined) this.send();
  }

  fail(text: string): void {
    this.waiting = 0;
    this.said.replaceChildren(el("p", { class: "error" }, text));
    this.layers.replaceChildren();
  }

  show(answer: Answer): void {
    this.waiting = 0;
    this.answer = answer;
    if (this.pixels === undefined) return;
    const most = Math.max(...answer.classes.map(([, value]) => Math.abs(value)), 1e-9);
    const best = answer.classes[0];
    const rows = [...answer.classes].sort((a, b) => Number(a[0]) - Number(b[0]) || 0).map(([label, value]) => {
      const bar = el("span", { class: "bar" });
      bar.style.width = `${(100 * Math.max(0, value)) / (answer.probable ? 1 : most)}%`;
      const text = answer.probable ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3);
      return el("tr", { class: label === best?.[0] ? "best" : "" }, el("th", { scope: "row" }, label),
        el("td", { class: "track" }, bar), el("td", { class: "n" }, text));
    });
    this.said.replaceChildren(el("p", { class: "verdict" }, best?.[0] ?? ""), el("p", { class: "soft" }, answer.weights),
      el("table", { "aria-label": "what the net answers" }, el("tbody", {}, ...rows)));
    this.layers.replaceChildren(...answer.layers.map((layer) => this.strip(layer)));
    if (this.again) this.send();
  }

  private strip(layer: Pictures): HTMLElement {
    const raw = Uint8Array.from(atob(layer.pixels), (c) => c.charCodeAt(0));
    const units = layer.height === 1 && layer.maps === 1;
    const unrolled = layer.height === 1 && layer.width === 1;
    const [maps, height, width] = unrolled ? [1, 1, layer.maps] : [layer.maps, layer.height, layer.width];
    const size = units || unrolled ? Math.max(3, Math.min(14, Math.floor(320 / width))) : Math.max(1, Math.round(40 / width));
    const frame = el("div", { class: "maps" });
    for (let map = 0; map < maps; map++) {
      const canvas = el("canvas", { width, height });
      canvas.style.width = `${width * size}px`;
      canvas.style.height = `${height * (units || unrolled ? 14 : size)}px`;
      const pixels = new ImageData(width, height);
      for (let at = 0; at < width * height; at++) {
        const value = raw[map * width * height + at] ?? 0;
        const shade = dark.matches ? 24 + value * 0.86 : 252 - value * 0.86;
        pixels.data.set([shade, shade, shade, 255], 4 * at);
      }
      canvas.getContext("2d")!.putImageData(pixels, 0, 0);
      frame.append(canvas);
    }
    const range = `${layer.low.toPrecision(2)} … ${layer.high.toPrecision(2)}`;
    const more = layer.of > Math.max(layer.maps, units ? layer.width : 0) ? `, the first ${layer.maps} of ${layer.of}` : "";
    return el("figure", { role: "img", "aria-label": `values of ${layer.name}, from ${range}` },
      el("figcaption", {}, layer.name, el("span", { class: "soft" }, ` ${range}${more}`)), frame);
  }

  private clear(): void {
    this.ink.data.fill(0);
    this.pixels = this.answer = undefined;
    this.paint();
    this.said.replaceChildren(el("p", { class: "soft" }, "Draw a digit, or take a shipped one."));
    this.layers.replaceChildren();
  }

  private place(event: PointerEvent): [number, number] {
    const box = this.board.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  }

  private key(event: KeyboardEvent): void {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === " ") {
      this.pen.down = !this.pen.down;
      this.last = undefined;
      if (this.pen.down) this.stroke(this.pen.x, this.pen.y);
    } else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (move) {
      const far = event.shiftKey ? 8 : 4;
      this.pen.x = Math.min(SIDE, Math.max(0, this.pen.x + move[0]! * far));
      this.pen.y = Math.min(SIDE, Math.max(0, this.pen.y + move[1]! * far));
      if (this.pen.down) this.stroke(this.pen.x, this.pen.y);
    } else return;
    event.preventDefault();
    this.paint();
  }

  /** A soft round line from the last place to this one. */
  private stroke(x: number, y: number): void {
    const [fromX, fromY] = this.last ?? [x, y];
    const steps = Math.max(1, Math.ceil(Math.hypot(x - fromX, y - fromY) / 2));
    for (let n = 0; n <= steps; n++) this.dot(fromX + ((x - fromX) * n) / steps, fromY + ((y - fromY) * n) / steps);
    this.last = [x, y];
    this.pixels = Array.from({ length: SIDE * SIDE }, (_, at) =>
      this.ink.data[4 * at + 3]!.toString(16).padStart(2, "0")).join("");
    this.paint();
    this.send();
  }

  private dot(x: number, y: number): void {
    const far = PEN / 2 + 1;
    for (let row = Math.max(0, Math.floor(y - far)); row < Math.min(SIDE, y + far); row++)
      for (let column = Math.max(0, Math.floor(x - far)); column < Math.min(SIDE, x + far); column++) {
        const alpha = 255 * Math.min(1, Math.max(0, far - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
        const at = 4 * (row * SIDE + column) + 3;
        this.ink.data[at] = Math.max(this.ink.data[at]!, alpha);
      }
  }

  private paint(): void {
    const shade = dark.matches ? 230 : 25;
    for (let at = 0; at < this.ink.data.length; at += 4) this.ink.data[at] = this.ink.data[at + 1] = this.ink.data[at + 2] = shade;
    const context = this.board.getContext("2d")!;
    context.putImageData(this.ink, 0, 0);
    if (!this.board.matches(":focus-visible")) return;
    context.strokeStyle = getComputedStyle(this.board).getPropertyValue("--accent");
    context.lineWidth = this.pen.down ? 2 : 1;
    context.beginPath();
    context.arc(this.pen.x, this.pen.y, PEN / 2 + 1, 0, 7);
    context.stroke();
  }

  /** Ask, but no more than one question at a time and not too often. */
  private send(): void {
    const now = performance.now();
    if (this.waiting && now - this.waiting < 20_000) {
      this.again = true;
      return;
    }
    this.again = false;
    this.waiting = now;
    setTimeout(() => {
      if (this.pixels === undefined || !this.ask(this.pixels, ++this.number)) this.waiting = 0;
    }, APART);
  }
}
