// Texts whose contrast is below WCAG's AA, controls smaller than 24 pixels, and whatever sticks out of the page.
() => {
  const faults = [];
  const parse = (text) => {
    const srgb = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)/.exec(text);
    if (srgb) return [srgb[1] * 255, srgb[2] * 255, srgb[3] * 255, srgb[4] === undefined ? 1 : +srgb[4]];
    const found = /rgba?\(([^)]+)\)/.exec(text);
    if (!found) return [0, 0, 0, 0];
    const [r, g, b, a = 1] = found[1].split(/[ ,/]+/).filter(Boolean).map(Number);
    return [r, g, b, a];
  };
  const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((p, q) => q - p);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      if (at.namespaceURI.endsWith("svg")) {
        const box = element.getBoundingClientRect();
        for (const rect of [...at.parentElement.querySelectorAll(":scope > rect")].reverse()) {
          const r = rect.getBoundingClientRect();
          const inside = r.left <= box.left + 1 && r.right >= box.right - 1 && r.top <= box.top + 3 && r.bottom >= box.bottom - 3;
          if (inside && getComputedStyle(rect).fill !== "none") layers.push(parse(getComputedStyle(rect).fill));
        }
      } else layers.push(parse(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)?.[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), parse(getComputedStyle(document.body).backgroundColor));
  };
  const faded = (element) => {
    for (let at = element; at; at = at.parentElement) if (getComputedStyle(at).opacity !== "1") return true;
    return false;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const rect = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!node.data.trim() || !rect.width || style.visibility === "hidden" || element.closest(":disabled") || faded(element)) continue;
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    const colour = parse(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const under = behind(element);
    const found = ratio(over(colour, under), under);
    if (found < (large ? 3 : 4.5)) faults.push(`contrast ${found.toFixed(2)} of "${node.data.trim().slice(0, 30)}" (${style.color} on ${under.map(Math.round)})`);
  }
  for (const one of document.querySelectorAll("button, input, select, [role=gridcell]")) {
    const rect = one.getBoundingClientRect();
    if (!rect.width || one.closest(".cm-editor") || one.closest("table, .parameter, label, ol")) continue;
    if (rect.width < 22 || rect.height < 22) faults.push(`${one.id || one.textContent} is ${rect.width} x ${rect.height}`);
  }
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} pixels wide`);
  return faults;
}
