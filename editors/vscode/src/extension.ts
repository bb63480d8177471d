// Starts `netspec lsp` and hands it the documents; all that is known of a spec, the server knows.
import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(vscode.commands.registerCommand("netspec.restart", restart));
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("netspec.command")) {
        void restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(): Promise<void> {
  await client?.stop().catch(() => undefined);
  await start();
}

async function start(): Promise<void> {
  const [command, ...args] = vscode.workspace.getConfiguration("netspec").get<string[]>("command", ["netspec", "lsp"]);
  const server: ServerOptions = { command, args };
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: "file", language: "netspec" },
      { scheme: "untitled", language: "netspec" },
    ],
    synchronize: { configurationSection: "netspec" },
  };
  client = new LanguageClient("netspec", "netspec", server, options);
  try {
    await client.start();
  } catch {
    const install = 'pip install "netspec[lsp]"';
    void vscode.window.showErrorMessage(
      `netspec: \`${[command, ...args].join(" ")}\` could not be started. Install it with \`${install}\`, ` +
        "or say in the setting netspec.command where it is.",
    );
  }
}
