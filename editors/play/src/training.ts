// The training of the shipped digits, its curves growing.
import { byId, el, svg } from "./dom";
import type { Epoch } from "./types";

const [NARROWEST, WIDEST] = [240, 760];
const HIGH = 200;
const COLUMNS = [["epoch", "epoch"], ["loss", "loss"], ["accuracy", "accuracy"], ["val_loss", "validation loss"],
  ["val_accuracy", "validation accuracy"], ["test_accuracy", "test accuracy"]] as const;
type Column = (typeof COLUMNS)[number][0];
const [LEFT, BOTTOM, TOP, RIGHT] = [44, 24, 12, 12];

export class Training {
  private readonly button = byId<HTMLButtonElement>("train");
  private readonly state = byId("training-state");
  private readonly epochs = byId<HTMLInputElement>("epochs");
  private readonly remarks = byId("remarks");
  private steps: [number, number][] = [];
  private last: [number, number, number] = [0, 0, 0];
  private done: Epoch[] = [];
  private total = 1;
  private perEpoch = 1;
  private running = false;
  private frame = 0;

  constructor(start: (epochs: number) => boolean, stop: () => void) {
    this.button.onclick = () => {
      if (this.running) {
        this.state.textContent = "stopping …";
        return stop();
      }
      const epochs = Math.round(Number(this.epochs.value));
      if (!(epochs >= 1 && epochs <= 1000)) return void (this.state.textContent = "Between 1 and 1,000 epochs.");
      if (start(epochs)) this.begin();
    };
    new ResizeObserver(() => this.soon()).observe(byId("loss-chart"));
    this.draw();
  }

  private begin(): void {
    this.steps = [];
    this.done = [];
    this.remarks.replaceChildren();
    this.set(true);
    this.state.textContent = "reading the digits …";
    this.rows();
    this.draw();
  }

  started(steps: number, epochs: number): void {
    [this.perEpoch, this.total] = [steps, steps * epochs];
    this.state.textContent = `${steps} steps an epoch`;
  }

  step(epoch: number, step: number, steps: number, loss: number | null): void {
    if (loss !== null) this.steps.push([(epoch - 1) * steps + step, this.since(epoch, step, loss)]);
    this.state.textContent = `epoch ${epoch}, step ${step} of ${steps}${loss === null ? "" : `, loss ${loss.toFixed(4)}`}`;
    this.soon();
  }

  /** The loss of the steps since the last that was told: what is told is the mean of the epoch so far. */
  private since(epoch: number, step: number, mean: number): number {
    const [before, at, known] = this.last;
    this.last = [epoch, step, mean];
    return before === epoch && step > at ? (mean * step - known * at) / (step - at) : mean;
  }

  /** A line of the training that is worth knowing. */
  remark(text: string): void {
    this.remarks.append(el("p", {}, text));
  }

  epoch(epoch: Epoch): void {
    this.done.push(epoch);
    this.rows();
    this.soon();
  }

  /** It is over, for whatever reason. */
  over(text: string): void {
    if (!this.running) return;
    this.set(false);
    this.state.textContent = text;
    this.soon();
  }

  private set(running: boolean): void {
    this.running = running;
    this.button.textContent = running ? "Stop" : "Train";
    this.epochs.disabled = running;
  }

  private rows(): void {
    const columns = COLUMNS.filter(([name]) => this.done.some((one) => one[name] != null));
    const text = (epoch: Epoch, name: Column) => {
      const value = epoch[name];
      return value == null ? "" : name === "epoch" ? String(value)
        : name.endsWith("accuracy") ? `${(100 * value).toFixed(2)} %` : value.toFixed(4);
    };
    byId("epoch-head").replaceChildren(el("tr", {}, ...columns.map(([, title]) => el("th", { scope: "col", class: "n" }, title))));
    byId("epoch-rows").replaceChildren(...this.done.map((one) =>
      el("tr", {}, ...columns.map(([name]) => el("td", { class: "n" }, text(one, name))))));
  }

  private soon(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  private draw(): void {
    const wide = Math.min(WIDEST, Math.max(NARROWEST, byId("loss-chart").clientWidth));
    byId("curves").hidden = !this.steps.length;
    const losses = this.steps.map(([, loss]) => loss);
    const most = Math.max(0.1, ...losses.slice(0, 400), ...losses.slice(-400));
    const x = (step: number) => LEFT + ((wide - LEFT - RIGHT) * step) / Math.max(1, this.total);
    const ends = this.done.map((one) => one.epoch * this.perEpoch);
    const line = (points: [number, number][], high: number, low = 0) => points.map(([at, value]) =>
      `${x(at).toFixed(1)},${(HIGH - BOTTOM - ((HIGH - TOP - BOTTOM) * (Math.min(value, high) - low)) / (high - low || 1)).toFixed(1)}`).join(" ");
    const seen = smoothed(this.steps);
    const val = this.done.flatMap((one, n): [number, number][] => one.val_loss == null ? [] : [[ends[n]!, one.val_loss]]);
    for (const key of document.querySelectorAll<HTMLElement>("#curves .key.second")) key.hidden = !val.length;
    this.chart("loss-chart", wide, "loss", most, 0, (value) => value.toPrecision(2), [
      svg("polyline", { class: "faint", points: line(this.steps, most) }),
      svg("polyline", { class: "curve", points: line(seen, most) }),
      svg("polyline", { class: "curve second", points: line(val, most) }), ...dots(line(val, most), "second"),
    ]);
    const of = (name: "accuracy" | "val_accuracy") => this.done.flatMap((one, n): [number, number][] =>
      one[name] == null ? [] : [[ends[n]!, one[name]]]);
    const all = [...of("accuracy"), ...of("val_accuracy")].map(([, value]) => value);
    const low = all.length ? Math.min(0.9, Math.floor(Math.min(...all) * 10) / 10) : 0;
    this.chart("accuracy-chart", wide, "accuracy", 1, low, (value) => `${Math.round(100 * value)} %`, [
      svg("polyline", { class: "curve", points: line(of("accuracy"), 1, low) }), ...dots(line(of("accuracy"), 1, low)),
      svg("polyline", { class: "curve second", points: line(of("val_accuracy"), 1, low) }),
      ...dots(line(of("val_accuracy"), 1, low), "second"),
    ]);
  }

  private chart(id: string, wide: number, name: string, most: number, low: number, text: (value: number) => string, lines: Node[]): void {
    const base = HIGH - BOTTOM;
    const epochs = Math.round(this.total / this.perEpoch);
    const every = Math.ceil(epochs / Math.min(12, wide / 40));
    const ticks = Array.from({ length: Math.floor(epochs / every) }, (_, n) => (n + 1) * every);
    const x = (epoch: number) => LEFT + ((wide - LEFT - RIGHT) * epoch) / Math.max(1, epochs);
    const last = this.done[this.done.length - 1];
    const chart = svg("svg", { viewBox: `0 0 ${wide} ${HIGH}`, width: wide, height: HIGH, role: "img",
      "aria-label": `${name} by epoch${last ? `; after ${last.epoch}: ${text((name === "loss" ? last.loss : last.accuracy) ?? 0)}` : ""}` },
      svg("line", { class: "axis", x1: LEFT, x2: wide - RIGHT, y1: base, y2: base }),
      ...[0, 0.5, 1].flatMap((part) => {
        const y = base - part * (HIGH - TOP - BOTTOM);
        return [svg("line", { class: "rule", x1: LEFT, x2: wide - RIGHT, y1: y, y2: y }),
          svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text(low + part * (most - low)))];
      }),
      ...(this.steps.length ? ticks : []).map((epoch) => svg("text", { x: x(epoch), y: HIGH - 6, "text-anchor": "middle" }, String(epoch))),
      ...lines);
    byId(id).replaceChildren(chart);
  }
}

function smoothed(steps: [number, number][]): [number, number][] {
  let mean = steps[0]?.[1] ?? 0;
  return steps.map(([at, loss]) => [at, (mean += 0.25 * (loss - mean))]);
}

function dots(points: string, kind = ""): Node[] {
  return points.split(" ").filter(Boolean).map((point) => {
    const [cx, cy] = point.split(",");
    return svg("circle", { class: `dot ${kind}`, cx: cx!, cy: cy!, r: 2.5 });
  });
}
