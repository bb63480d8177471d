"""`netspec`, and `python -m netspec`."""

# What only some commands need is imported where it is used, so that the others start quickly.

import os
import signal


def start() -> None:
    """Run the command line; a signal that comes while it is loaded ends it, with its status. `nohup` is let be."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and (name == "SIGINT" or signal.getsignal(number) != signal.SIG_IGN):
            signal.signal(number, lambda number, frame: os._exit(128 + number))
    from netspec.cli import run

    run()


if __name__ == "__main__":
    start()
