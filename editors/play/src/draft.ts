// What is not saved, kept by the browser for when the page or the server is gone.

export interface Draft {
  text: string;
  session: string;
  version: number;
}

const name = (key: string) => `netspec-play:${key}`;

export function kept(key: string): Draft | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(name(key)) ?? "null") as Draft | null;
    return found && typeof found.text === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}

export function keep(key: string, draft: Draft): void {
  try {
    localStorage.setItem(name(key), JSON.stringify(draft));
  } catch {
    // full, or forbidden: the server still has the text
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(name(key));
  } catch {
    // forbidden
  }
}
