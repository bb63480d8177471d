// The little Markdown of the server's help, as elements.
import { el } from "./dom";

export function markdown(text: string): HTMLElement {
  const whole = el("div", { class: "help" });
  for (const part of text.split(/(```[\s\S]*?\n```)/)) {
    const code = /^```\w*\n([\s\S]*?)\n?```$/.exec(part);
    if (code) whole.append(el("pre", {}, code[1]));
    else for (const block of part.split(/\n{2,}/)) if (block.trim()) whole.append(paragraph(block.trim()));
  }
  return whole;
}

function paragraph(block: string): HTMLElement {
  const lines = block.split("\n");
  if (lines.every((one) => one.startsWith("- "))) return el("ul", {}, ...lines.map((one) => inline("li", one.slice(2))));
  return inline("p", block);
}

function inline(tag: "p" | "li", text: string): HTMLElement {
  const made = el(tag);
  for (const piece of text.split(/(`[^`]+`|\*\*[^*]+\*\*|\b_[^_]+_\b| {2}\n)/)) {
    if (/^`.+`$/.test(piece)) made.append(el("code", {}, piece.slice(1, -1)));
    else if (/^\*\*.+\*\*$/.test(piece)) made.append(el("strong", {}, piece.slice(2, -2)));
    else if (/^_.+_$/.test(piece)) made.append(el("em", {}, piece.slice(1, -1)));
    else if (piece === "  \n") made.append(el("br"));
    else made.append(piece);
  }
  return made;
}
