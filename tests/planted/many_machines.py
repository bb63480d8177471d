"""Faults of rows in blocks and of workers on many machines."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}.py", "tests/{}.py")

FAULTS = (
    fault("cli/blocks", "self.before[name] -= 1", "pass", "cli/test_blocks", "what is given twice has two rows"),
    fault(
        "cli/blocks",
        "name = valid(item.name)",
        "name = item.name",
        "cli/test_blocks",
        "a name of any bytes is known again",
    ),
    fault(
        "cli/blocks",
        "if told.get(key) != value:",
        "if key in told and told[key] != value:",
        "cli/test_blocks",
        "rows of others are known",
    ),
    fault(
        "cli/blocks",
        "if self.names and len(self.rows)",
        "if len(self.rows)",
        "cli/test_blocks",
        "errors wait for the columns",
    ),
    fault("cli/blocks", "int(found[1]) + 1 if found", "1 if found", "cli/test_blocks", "no number is given twice"),
    fault("cli/blocks", "        sweep(folder)\n", "", "cli/test_blocks", "what a killed process left is removed"),
    fault(
        "cli/blocks",
        'if not self.names and rows["error"].null_count:',
        "if False:",
        "cli/test_blocks",
        "a folder has the same columns",
    ),
    fault(
        "cli/blocks",
        "            found.end()\n",
        "            found.rows.clear()\n",
        "cli/test_blocks",
        "rows are kept at the end",
    ),
    fault(
        "cli/blocks",
        "for each in (path, beside) if beside.is_file() else (path,):",
        "for each in (path,):",
        "cli/test_blocks",
        "weights beside the model are of it",
    ),
    fault(
        "cli/blocks",
        '"writing rows into it", "give these rows another folder"',
        '"training in it", ""',
        "cli/test_blocks",
        "a folder in use is told with what is done there",
    ),
    fault(
        "cli/workers",
        "size = batch * max(1, min(MOST, len(names) // (LEAST * workers)) // batch)",
        "size = max(1, min(MOST, len(names) // (LEAST * workers)))",
        "cli/test_workers",
        "blocks are whole batches",
    ),
    fault(
        "cli/workers",
        "machine.cores // self.threads, machine.cards",
        "machine.cores, machine.cards",
        "cli/test_workers",
        "a worker takes as many cores as threads",
    ),
    fault(
        "cli/workers",
        "if not names:\n            return",
        "if False:\n            return",
        "cli/test_workers",
        "no cluster for nothing",
    ),
    fault(
        "cli/workers",
        "is ParameterSource.COMMANDLINE",
        "is not None",
        "cli/test_workers",
        "Ray's own variable asks for nothing",
    ),
    fault(
        "runtime/worker",
        "os.chdir(job.folder)",
        "pass",
        "runtime/test_worker",
        "relative names start at the command's folder",
    ),
    fault(
        "runtime/worker",
        "if job.version != __version__:",
        "if False:",
        "runtime/test_worker",
        "every machine has the same netspec",
    ),
    fault(
        "runtime/worker",
        "if os.path.lexists(name):",
        "if False:",
        "runtime/test_worker",
        "a picture that only this machine sees is no row",
    ),
    fault(
        "runtime/worker",
        "predictor.seconds = Seconds()",
        "pass",
        "runtime/test_worker",
        "each block has its own seconds",
    ),
    fault(
        "runtime/worker",
        "job.top, job.max_pixels, job.threads)",
        "job.top, None, job.threads)",
        "runtime/test_worker",
        "a worker has all options",
    ),
    fault("runtime/cluster", "there.recv(1)", "pass", "cli/test_workers", "an address where something else listens"),
    fault(
        "runtime/cluster",
        'if sentence not in said and "will be retried" not in line:',
        "if True:",
        "cli/test_workers",
        "a message is told once",
    ),
    fault(
        "runtime/cluster",
        "    while not stop():\n        try:",
        "    while True:\n        try:",
        "cli/test_workers",
        "a signal stops the waiting",
    ),
    fault(
        "runtime/cluster",
        '"RAY_AUTH_TOKEN": secrets.token_hex(32)',
        '"RAY_AUTH_TOKEN": ""',
        "cli/test_workers",
        "a cluster of our own has a token",
    ),
    fault("net/sweeping", "if goes_on else 'out'", "if False else 'out'", "cli/test_sweep", "a training goes on"),
    fault(
        "net/sweeping", '"error[N714]" not in text or', "True or", "cli/test_sweep", "an earlier worker is waited for"
    ),
    fault("net/sweeping", "or time.monotonic() > end", "", "cli/test_sweep", "it is not waited for without end"),
    fault("net/sweeping", "if version != __version__:", "if False:", "cli/test_sweep", "one netspec trains"),
    fault("cli/sweep", "or not sweep.waiting()", "", "cli/test_sweep", "no cluster for nothing"),
    fault("runtime/cluster", "max_retries=-1", "max_retries=0", "cli/test_workers", "a training is tried without end"),
    fault("runtime/cluster", "128 + signal.SIGINT, b", "1, b", "cli/test_workers", "a stopped training has not failed"),
    fault(
        "runtime/cluster", "self._cancel(True)", "self._cancel(False)", "cli/test_workers", "one that stays is killed"
    ),
    fault(
        "net/sweeping",
        "signal.SIG_UNBLOCK",
        "signal.SIG_BLOCK",
        "cli/test_sweep",
        "a training hears Ctrl-C in a worker",
    ),
)
