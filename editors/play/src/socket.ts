// The one connection of the page. What is typed while it is gone is kept and told when it is back.
import type { Message } from "./types";

const AGAIN = [200, 500, 1000, 2000, 4000];

export class Line {
  private socket: WebSocket | undefined;
  private tries = 0;
  private asked = new Map<number, (answer: unknown) => void>();
  private number = 0;

  constructor(
    private readonly hear: (message: Message) => void,
    private readonly state: (connected: boolean) => void,
  ) {}

  open(): void {
    const socket = (this.socket = new WebSocket(`ws://${location.host}/socket`));
    socket.onmessage = (event) => {
      this.tries = 0;
      const message = JSON.parse(String(event.data)) as Message;
      if (message.type === "answered") {
        this.asked.get(message.id)?.(message.answer);
        this.asked.delete(message.id);
      } else {
        this.hear(message);
      }
    };
    socket.onopen = () => this.state(true);
    socket.onclose = () => {
      for (const answer of this.asked.values()) answer(null);
      this.asked.clear();
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.state(false);
      setTimeout(() => this.open(), AGAIN[Math.min(this.tries++, AGAIN.length - 1)]);
    };
  }

  /** Say nothing more: another window has the spec. */
  end(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  tell(message: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** What an editor asks of a place; null where there is nobody to answer. */
  ask(what: string, line: number, character: number): Promise<unknown> {
    const id = ++this.number;
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      if (!this.tell({ type: "ask", id, what, line, character })) resolve(null);
    });
  }
}
