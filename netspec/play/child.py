"""The process in which the page's net is trained and asked: a message a line in, a message a line out."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from netspec.data.shipped import DEMO
from netspec.diagnostics import Fault, strict_json
from netspec.engine.running.processes import abandon
from netspec.engine.training.events import Epoch, Progress, Started
from netspec.lsp.documents import Document, uri_of
from netspec.lsp.snapshot import Surroundings, analysed
from netspec.net import Net
from netspec.play.values import answered, as_trained, check_size, digit
from netspec.settings import Data
from netspec.weights import Arrays, fit

#: Seconds between two steps that are told of: a page draws no faster.
APART = 0.1
#: How much this process stands behind the one that answers the page.
NICE = 5

Message = dict[str, Any]


class Child:
    """A net, its weights, and what is asked of them. ``inbox`` gets the messages, also while a training runs.

    Trainings are numbered as they come; ``wanted`` is the number of the one that shall run.
    """

    def __init__(self, out: BinaryIO, weights: Path | None) -> None:
        self.out, self.begin = out, weights
        self.inbox: queue.Queue[Message] = queue.Queue()
        self.weights: Arrays | None = None
        self.data: Data | None = None
        self.of = ""  # what the weights are: told beside an answer
        self.wanted = 0

    def run(self) -> None:
        """A message after the other, for good."""
        while True:
            self.take(self.inbox.get())

    def take(self, message: Message) -> None:
        """Do what a message asks for; what is wrong with its net is an answer too."""
        try:
            if message["do"] == "train":
                self.train(message)
            elif message["do"] == "ask":
                self.answer(message)
        except Fault as fault:
            self.tell({"type": "failed", "do": message["do"], "text": _said(fault)})
        except MemoryError:
            self.tell({"type": "failed", "do": message["do"], "text": "there is not enough memory for this net"})

    def tell(self, message: Message) -> None:
        """Tell the server; there is nobody else to tell where it is gone."""
        try:
            self.out.write(strict_json(message).encode() + b"\n")
            self.out.flush()
        except BrokenPipeError:
            os._exit(0)

    # ---- asked

    def answer(self, message: Message, weights: Arrays | None = None, now: str = "") -> None:
        """Ask the net about a picture, with the weights of a training that runs, of the last one, or fresh ones."""
        net = _net(message)
        check_size(net)
        if weights is None:
            weights, now = self._ready(net)
        elif not _fits(net, weights):
            weights, now = net.initial(), "untrained: the net is not the one that is being trained"
        found = answered(net, weights, self.data or as_trained(net), digit(bytes.fromhex(message["pixels"])))
        self.tell({"type": "answer", "id": message["id"], "weights": now, **vars(found)})

    def _ready(self, net: Net) -> tuple[Arrays, str]:
        if self.weights is None and self.begin is not None:
            self.weights, self.data = net.weights_from(self.begin)
            self.of = f"the weights of {self.begin}"
        if self.weights is None:
            return net.initial(), "untrained weights"
        if not _fits(net, self.weights):
            return net.initial(), "untrained weights: those that are there belong to another net"
        return self.weights, self.of

    # ---- trained

    def train(self, message: Message) -> None:
        """Train on the shipped digits, telling of steps and epochs, until it is done or told to stop."""

        def stopped() -> bool:
            return bool(self.wanted != message["number"])

        net = _net(message)
        events = net.train(DEMO, epochs=message["epochs"], stop=stopped, tell=self._remark)
        last = 0.0
        with contextlib.closing(events):
            for event in events:
                if isinstance(event, Started):
                    self.data = events.training.data
                    self.tell({"type": "started", "steps": event.steps, "epochs": message["epochs"],
                               "batch": event.batch})  # fmt: skip
                elif isinstance(event, Progress):
                    if event.last or time.monotonic() - last > APART:
                        last = time.monotonic()
                        self.tell({"type": "step", "epoch": event.epoch, "step": event.step, "steps": event.steps,
                                   "loss": event.loss})  # fmt: skip
                    for asking in self._asking():
                        self._meanwhile(asking, event)
                elif isinstance(event, Epoch):
                    self.weights, self.data = event.weights(), events.training.data
                    self.of = f"trained for {event.number} epoch{'' if event.number == 1 else 's'}"
                    self.tell(_of_epoch(event))
        self.tell({"type": "trained", "stopped": stopped()})

    def _asking(self) -> Iterator[Message]:
        """The questions that came meanwhile; another training waits until this one has ended for it."""
        others = []
        while not self.inbox.empty():
            message = self.inbox.get()
            if message["do"] == "ask":
                yield message
            else:
                others.append(message)
        for message in others:
            self.inbox.put(message)

    def _meanwhile(self, asking: Message, event: Progress) -> None:
        try:
            self.answer(asking, dict(event.state().weights), f"in epoch {event.epoch}, after step {event.step}")
        except Fault as fault:
            self.tell({"type": "failed", "do": "ask", "text": _said(fault)})

    def _remark(self, text: str) -> None:
        self.tell({"type": "remark", "text": text})


def _of_epoch(event: Epoch) -> Message:
    figures = {name: getattr(event, name) for name in
               ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "rate", "seconds")}  # fmt: skip
    test = event.test_right / event.test_count if event.test_count else None
    return {"type": "epoch", "epoch": event.number, "last": event.last, **figures, "test_accuracy": test}


def _net(message: Message) -> Net:
    """The net of a text as it is in the page. Raises Fault where it is none."""
    path, root = Path(message["path"]), message["root"]
    around = Surroundings(parameters=message["parameters"], root=None if root is None else Path(root))
    found = analysed(Document(uri_of(path), 0, message["text"], path), around)
    if found.problems.errors or found.meaning is None or found.meaning.graph is None:
        raise Fault("N608", "the text has errors, or no net: mend it first")
    return Net(found.source, found.meaning, found.meaning.graph, found.problems, path, dict(found.parameters))


def _fits(net: Net, weights: Arrays) -> bool:
    try:
        fit(net.graph, weights)
    except Fault:
        return False
    return True


def _said(fault: Fault) -> str:
    return f"{fault.code}: {fault.message}" + (f" ({fault.help})" if fault.help else "")


def _read(child: Child, source: BinaryIO) -> None:
    """The messages of the server, until it is gone: then nobody wants anything any more."""
    for line in source:
        message = json.loads(line)
        if message["do"] in ("train", "stop"):
            child.wanted += 1
        if message["do"] != "stop":
            child.inbox.put({**message, "number": child.wanted})
    with contextlib.suppress(Exception):
        abandon()
    os._exit(0)


def main() -> None:
    """Serve the bench of the process that started this one."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    threading.stack_size(64 * 2**20)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but messages may go there
    child = Child(out, Path(sys.argv[2]) if sys.argv[2] else None)
    threading.Thread(target=_read, args=(child, sys.stdin.buffer), daemon=True).start()
    child.run()
