// Which panel is seen: tabs, by click or arrow keys; on a narrow screen the source is one of them.
const NARROW = window.matchMedia("(max-width: 899px)");

export class Views {
  private readonly tabs = [...document.querySelectorAll<HTMLButtonElement>("[role=tab]")];

  constructor() {
    for (const tab of this.tabs) {
      tab.onclick = () => this.show(tab);
      tab.onkeydown = (event) => {
        const seen = this.tabs.filter((one) => one.offsetParent);
        const at = seen.indexOf(tab);
        const to = { ArrowRight: seen[at + 1] ?? seen[0], ArrowLeft: seen.at(at - 1), Home: seen[0], End: seen.at(-1) }[event.key];
        if (!to) return;
        event.preventDefault();
        this.show(to);
        to.focus();
      };
    }
    NARROW.addEventListener("change", () => this.start());
    this.start();
  }

  private start(): void {
    const chosen = this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true");
    if (!chosen || (!NARROW.matches && chosen.dataset.view === "source")) this.show(this.of("figure"));
    else this.show(chosen);
  }

  private of(view: string): HTMLButtonElement {
    return this.tabs.find((tab) => tab.dataset.view === view)!;
  }

  private show(chosen: HTMLButtonElement): void {
    for (const tab of this.tabs) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    document.body.dataset.view = chosen.dataset.view;
    chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
