// Elements made of texts alone: nothing that the server says is ever read as HTML.

type Child = Node | string | null | undefined;
type Value = string | number | boolean | ((event: never) => void) | undefined;

/** An element with attributes, listeners (`onclick`) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => child != null));
  return made;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as T;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Child[]): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children.filter((child): child is Node | string => child != null));
  return made;
}

/** A number as people read it: 60,850. */
export const count = (number: number | null | undefined): string =>
  number == null ? "–" : number.toLocaleString("en-US");

export const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** Arrow keys go from one of several elements to another; only one of them is reached by Tab. */
export function roving(items: (HTMLElement | SVGElement)[], across = 1): void {
  items.forEach((item, at) => item.setAttribute("tabindex", at ? "-1" : "0"));
  const go = (from: HTMLElement | SVGElement, to: HTMLElement | SVGElement | undefined) => {
    if (!to) return;
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  };
  items.forEach((item, at) =>
    item.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -at,
        End: items.length - 1 - at }[(event as KeyboardEvent).key];
      if (step === undefined || event.target !== item) return;
      event.preventDefault();
      go(item, items[at + step]);
    }),
  );
  items.forEach((item) =>
    item.addEventListener("focus", () => items.forEach((one) => one.setAttribute("tabindex", one === item ? "0" : "-1"))),
  );
}
