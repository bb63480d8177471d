"""What netspec must never do, read off its syntax trees: run code from files, unpickle, open anything, write half."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "netspec").rglob("*.py"))
#: Modules that run code from data, and functions that do.
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "imp", "code", "pty", "tarfile"}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
#: Ways to a file's bytes, or to a file, that do not ask first what kind of file it is, or leave half of it.
OPENERS = {
    "open", "io.open", "os.open", "os.fdopen", "gzip.open", "bz2.open", "lzma.open", "codecs.open", "Image.open",
        "np.load",
    "np.fromfile", "np.memmap", "np.save", "np.savez", "np.savetxt", "np.loadtxt", "np.genfromtxt", "safe_open",
        "load_file",
    "save_file", "onnx.load", "onnx.save", "zipfile.ZipFile", "ZipFile", "tempfile.mkstemp", "os.replace", "os.rename",
        "shutil.copy",
}  # fmt: skip
METHODS = {
    "read_bytes",
    "read_text",
    "write_bytes",
    "write_text",
    "open",
    "rename",
    "replace_with",
    "tofile",
    "extract",
    "extractall",
}


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def _functions(path: Path) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        yield getattr(node, "name", "module"), node


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "netspec")))
def test_no_code_from_data(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & MODULES
    for call, name in _calls(tree):
        assert name not in CALLS, f"line {call.lineno}: {name}"
        assert name not in ("os.system", "os.popen", "yaml.load", "torch.load"), f"line {call.lineno}: {name}"
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("shell", "False") == "False", f"line {call.lineno}: a shell"
        assert given.get("allow_pickle", "False") == "False", f"line {call.lineno}: unpickles"
        if name in ("np.load", "numpy.load"):
            assert "allow_pickle" in given, f"line {call.lineno}: says nothing of pickles"


#: Where a file is opened in another way, and why that is right: file and function.
OPENED = {
    ("files.py", "*"): "the one place",
    ("folders.py", "fill_folder"): "in a temporary folder, which gets its name when all is in it",
    ("folders.py", "_name"): "names that are free",
    ("cli/demo.py", "*"): "a spec that is shipped",
    ("cli/features.py", "_save"): "into memory",
    ("cli/maps.py", "Painter"): "into memory",
    ("cli/sweep.py", "_folder"): "a folder is moved aside",
    ("cli/explain.py", "*"): "pages that are shipped",
    ("language/grammar.py", "*"): "the grammar that is shipped",
    ("language/compile_grammar.py", "*"): "the grammar that is shipped, when it is made",
    ("cli/ending.py", "*"): "the null device, and standard streams",
    ("data/images.py", "_opened"): "of a file that is open",
    ("data/images.py", "_no_lines"): "the null device",
    ("data/npy.py", "*"): "of a file that is open",
    ("data/store.py", "Store"): "a temporary file without a name",
    ("play/child.py", "main"): "standard output, once more",
    ("lsp/server.py", "Server"): "standard output, once more",
    ("machine.py", "*"): "what the system tells below /proc and /sys",
    ("engine/running/processes.py", "_stands_still"): "what the system tells of a process of ours",
    ("net/lock.py", "*"): "a lock: made by us, no link followed, not waited for",
    ("net/run_folder.py", "RunFolder"): "a folder is moved aside",
}


@pytest.mark.slow
def test_one_way_to_a_file() -> None:
    found = set()
    for path in FILES:
        short = str(path.relative_to(ROOT / "netspec"))
        for function, node in _functions(path):
            for call, name in _calls(node):
                method = name.rsplit(".", 1)[-1] if "." in name else ""
                if name in OPENERS or method in METHODS:
                    found.add((short, function, name, call.lineno))
    unknown = [
        f"{f}:{line} {function}: {name}"
        for f, function, name, line in sorted(found)
        if not {(f, "*"), (f, function)} & set(OPENED)
    ]
    assert not unknown, "\n".join(unknown)
    used = {(f, function) for f, function, _, _ in found} | {(f, "*") for f, *_ in found}
    assert set(OPENED) <= used  # what is allowed is done


@pytest.mark.slow
def test_one_atomic_write_and_one_open_regular() -> None:
    defined = [
        (node.name, str(path.relative_to(ROOT / "netspec")))
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in ("atomic_write", "open_regular")
    ]
    assert sorted(defined) == [("atomic_write", "files.py"), ("open_regular", "files.py")]
