// What the server tells and is told: see netspec/play/session.py and told.py.

/** Line from 0, UTF-16 unit, and the same of the end. */
export type Place = [number, number, number, number];

export interface Problem {
  code: string;
  severity: "error" | "warning";
  message: string;
  label: string;
  help: string;
  place: Place;
  file: string;
}

export interface Layer {
  name: string;
  kind: string;
  shape: string;
  parameters: number;
  connections: number | null;
  macs: number | null;
  line?: number | null;
}

export interface Net {
  net: string;
  parameters: number;
  connections: number | null;
  macs: number | null;
  inputs: Record<string, string>;
  layers: Layer[];
  more: number;
  svg: string;
  boxes: Record<string, string[]>;
  blocks: string[];
}

export interface Parameter {
  name: string;
  default: string | null;
  value: number | boolean | string;
  place: Place | null;
  said: boolean;
}

export interface Table {
  name: string;
  kind: string;
  line: number;
  inputs: number | null;
  outputs: number | null;
  connections: number | null;
  weights: number | null;
  rows: Place[];
  body: Place;
  drawn: string[][] | null;
}

export interface Told {
  type: "net";
  version: number;
  problems: Problem[];
  parameters: Parameter[];
  tables: Table[];
  net: Net | null;
}

export interface Hello {
  type: "hello";
  key: string;
  session: string;
  name: string;
  path: string;
  fixed: string;
  text: string;
  saved: string;
  version: number;
  opened: string[];
  parameters: Record<string, string>;
  weights: string | null;
}

export interface Pictures {
  name: string;
  maps: number;
  height: number;
  width: number;
  of: number;
  low: number;
  high: number;
  pixels: string;
}

export interface Answer {
  type: "answer";
  id: number;
  weights: string;
  classes: [string, number][];
  probable: boolean;
  layers: Pictures[];
}

export interface Epoch {
  type: "epoch";
  epoch: number;
  loss: number | null;
  accuracy: number | null;
  val_loss: number | null;
  val_accuracy: number | null;
  test_accuracy: number | null;
  seconds: number;
}

export type Message =
  | Hello
  | Told
  | Answer
  | Epoch
  | { type: "started"; steps: number; epochs: number; batch: number }
  | { type: "step"; epoch: number; step: number; steps: number; loss: number | null }
  | { type: "trained"; stopped: boolean }
  | { type: "failed"; do: "train" | "ask"; text: string }
  | { type: "ended"; text: string }
  | { type: "note"; text: string }
  | { type: "remark"; text: string }
  | { type: "sample"; pixels: string }
  | { type: "saved"; text: string }
  | { type: "changed" }
  | { type: "unsaved"; text: string }
  | { type: "file"; text: string }
  | { type: "elsewhere" }
  | { type: "answered"; id: number; answer: unknown };
