"""How long after a key are the problems there? ResNet with depth 152, over the server's standard streams.

python benchmarks/typing_speed.py [--keys 100]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

SPEC = Path(__file__).parents[1] / "specs" / "resnet.net"
URI = "untitled:resnet"


async def measured(keys: int) -> list[float]:
    """Seconds from each key to the findings of its version."""
    client, told = LanguageClient("benchmark", "1"), asyncio.Queue[int]()
    client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: told.put_nowait(params.version))
    await client.start_io(sys.executable, "-m", "netspec", "lsp")
    await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities()))
    client.initialized(lsp.InitializedParams())
    text = SPEC.read_text(encoding="utf-8") + "# netspec: depth=152\n"
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(URI, "netspec", 1, text)))
    await told.get()
    line = text[: text.index("conv2 =")].count("\n")
    before, behind, seconds = lsp.Position(line, 9), lsp.Position(line, 10), list[float]()
    for version in range(2, keys + 2):
        # A name gets a letter more, which its users miss, and loses it again.
        typed = lsp.TextDocumentContentChangePartial(lsp.Range(before, before), "a")
        if version % 2:
            typed = lsp.TextDocumentContentChangePartial(lsp.Range(before, behind), "")
        started = time.perf_counter()
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(lsp.VersionedTextDocumentIdentifier(version, URI), [typed])
        )
        while await told.get() != version:
            pass
        seconds.append(time.perf_counter() - started)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return seconds


def main() -> None:
    """Print a row."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keys", type=int, default=100)
    seconds = asyncio.run(measured(options.parse_args().keys))
    print("| keys | median, ms | slowest, ms |\n| --- | --- | --- |")
    print(f"| {len(seconds)} | {1e3 * statistics.median(seconds):.0f} | {1e3 * max(seconds):.0f} |")


if __name__ == "__main__":
    main()
