// The page: what is typed goes to the server, what the server says goes to the figure, the tables and the curves.
import { byId, count, el } from "./dom";
import { Digits } from "./digits";
import { forget, kept, keep } from "./draft";
import { Figure } from "./figure";
import { Grid } from "./grid";
import { Layers } from "./layers";
import { Parameters } from "./parameters";
import { Line } from "./socket";
import { Source } from "./source";
import { Training } from "./training";
import { Views } from "./views";
import type { Hello, Message, Net, Problem, Told } from "./types";

/** Milliseconds without a key before the server is told, and the browser keeps what is not saved. */
const PAUSE = 60;
const KEEP = 300;

let hello: Hello | undefined;
let version = 0;
let told = 0;
let saved = "";
let net: Net | null = null;
let telling = 0;
let keeping = 0;

const line = new Line(hear, (connected) => {
  document.body.classList.toggle("offline", !connected);
  if (!connected) {
    training.over("the connection is gone");
    say("The server does not answer. What you typed is kept in this browser; start netspec play again, and open its address.");
  }
});
const source = new Source(byId("editor"), document.querySelector<HTMLMetaElement>("meta[name=nonce]")!.content,
  async (what, at, character) => (flush(), line.ask(what, at, character)),
  { change: changed, cursor: (at) => chooseLine(at), save, format: () => void source.format() });
const figure = new Figure(chooseLayers, (names) => line.tell({ type: "open", names }));
const layers = new Layers(chooseLayers);
const grid = new Grid(source, (at) => source.mark([at], true));
const parameters = new Parameters(
  (values) => line.tell({ type: "parameters", values }),
  (place, text) => source.writeAt(place, text));
const digits = new Digits((pixels, id) => (flush(), line.tell({ type: "digit", pixels, id })),
  (label, number) => line.tell({ type: "sample", label, number }));
const training = new Training((epochs) => (flush(), line.tell({ type: "train", epochs })), () => line.tell({ type: "stop" }));
new Views();

byId("save").onclick = save;
byId("format").onclick = () => void source.format();
byId("download").onclick = () => {
  const link = el("a", { href: `data:text/plain;charset=utf-8,${encodeURIComponent(source.text)}`, download: hello?.name ?? "spec.net" });
  link.click();
};
window.addEventListener("pagehide", () => keepNow());
document.addEventListener("visibilitychange", () => keepNow());
line.open();

// ---- what the server says

function hear(message: Message): void {
  switch (message.type) {
    case "hello": return begin(message);
    case "net": return show(message);
    case "answer": return digits.show(message);
    case "sample": return digits.put(message.pixels);
    case "started": return training.started(message.steps, message.epochs);
    case "step": return training.step(message.epoch, message.step, message.steps, message.loss);
    case "epoch": return training.epoch(message), digits.refresh();
    case "trained": return training.over(message.stopped ? "stopped" : "done"), digits.refresh();
    case "ended": return training.over(message.text), digits.fail(message.text);
    case "failed": return message.do === "train" ? training.over(message.text) : digits.fail(message.text);
    case "remark": return training.remark(message.text);
    case "note": return say(message.text);
    case "saved": return (saved = message.text), settled(), say("");
    case "unsaved": return say(`It was not saved: ${message.text}`);
    case "changed":
      return say("The file was changed by another program since it was read.",
        ["Save over it", () => line.tell({ type: "save", text: source.text, over: true })],
        ["Take the file", () => line.tell({ type: "reread" })]);
    case "file": return (saved = message.text), source.replace(message.text), settled(), say("");
    case "elsewhere":
      line.end();
      return say("This spec is open in another window.", ["Work here", () => location.reload()]);
    case "answered": return;
  }
}

function begin(message: Hello): void {
  const again = hello?.session === message.session;
  hello = message;
  saved = message.saved;
  byId("file").textContent = message.name;
  byId("file").title = message.path;
  document.title = `${message.name} – netspec`;
  byId<HTMLButtonElement>("save").disabled = Boolean(message.fixed);
  byId("save").title = message.fixed || "Ctrl-S";
  byId<HTMLInputElement>("unfold").checked = message.opened.includes("all");
  if (!again) Object.assign(parameters.values, message.parameters);
  say("");
  const draft = again ? { text: source.text, session: message.session, version } : kept(message.key);
  const newer = draft && (draft.session === message.session ? draft.version > message.version
    : message.text === message.saved && draft.text !== message.saved);
  version = told = Math.max(message.version, again ? version : 0);
  if (source.text !== (newer ? draft.text : message.text)) source.replace(newer ? draft.text : message.text, true);
  if (newer) {
    told = -1;
    flush();
    if (!again)
      say("What was not saved last time is here again.", ["Back to the file", () => (source.replace(saved), say(""))]);
  }
  settled();
}

function show(message: Told): void {
  if (message.version !== version) return; // a newer one comes
  net = message.net ?? net;
  source.show(message.problems);
  source.hold(message.tables);
  list(message.problems);
  parameters.show(message.parameters);
  figure.show(message.net);
  layers.show(message.net);
  grid.show();
  byId("net").textContent = net?.net ?? "";
  byId("facts").textContent = net ? [`${count(net.parameters)} parameters`, net.connections === null ? "" :
    `${count(net.connections)} connections`, net.macs === null ? "" : `${count(net.macs)} macs`].filter(Boolean).join(" · ") : "";
  if (message.net) digits.refresh();
}

function list(problems: Problem[]): void {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  byId("problem-count").textContent = !problems.length ? "no problems"
    : [errors && `${errors} error${errors > 1 ? "s" : ""}`, warnings && `${warnings} warning${warnings > 1 ? "s" : ""}`].filter(Boolean).join(", ");
  byId("problem-list").replaceChildren(...problems.slice(0, 100).map((problem) =>
    el("li", { class: problem.severity },
      el("button", { type: "button", onclick: () => source.go(problem.place) },
        el("span", { class: "where" }, problem.file ? problem.code : `${problem.place[0] + 1}: ${problem.code}`),
        el("span", {}, problem.file ? `${problem.file}: ${problem.message}` : problem.message,
          ...(problem.help ? [el("span", { class: "soft" }, ` ${problem.help}`)] : []))))));
}

// ---- what is chosen

function linesOf(names: Iterable<string>): number[] {
  const wanted = new Set(names);
  const found = (net?.layers ?? []).filter((layer) => wanted.has(layer.name) && layer.line != null);
  return [...new Set(found.map((layer) => layer.line!))];
}

function chooseLayers(names: string[]): void {
  source.mark(linesOf(names), true);
  mark(new Set(names));
}

function chooseLine(at: number): void {
  source.mark([]);
  mark(new Set((net?.layers ?? []).filter((layer) => layer.line === at).map((layer) => layer.name)), true);
}

function mark(names: Set<string>, show = false): void {
  figure.mark(names, show);
  layers.mark(names, show);
}

// ---- what is typed

function changed(text: string): void {
  if (hello === undefined) return;
  version++;
  settled();
  grid.show();
  clearTimeout(telling);
  telling = setTimeout(flush, PAUSE);
  clearTimeout(keeping);
  keeping = setTimeout(keepNow, KEEP);
  void text;
}

/** Tell the server what is typed, if it does not know yet. */
function flush(): void {
  clearTimeout(telling);
  if (told !== version && line.tell({ type: "text", text: source.text, version })) told = version;
}

function keepNow(): void {
  if (hello === undefined) return;
  if (source.text === saved) forget(hello.key);
  else keep(hello.key, { text: source.text, session: hello.session, version });
}

function save(): void {
  if (!hello || hello.fixed) return say(hello?.fixed ?? "");
  flush();
  if (!line.tell({ type: "save", text: source.text, over: false })) say("The server does not answer; the text is kept in this browser.");
}

function settled(): void {
  const same = source.text === saved;
  byId("state").textContent = same ? (hello?.fixed ? "read only" : "saved") : "not saved";
  document.body.classList.toggle("unsaved", !same);
  if (same && hello) forget(hello.key);
}

/** A line above all; the empty one takes it away. */
function say(text: string, ...ways: [string, () => void][]): void {
  byId("notice").replaceChildren(text, ...ways.map(([name, go]) => el("button", { type: "button", onclick: go }, name)));
  byId("notice").hidden = !text;
}
