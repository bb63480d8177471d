"""Where a training begins: fresh weights, those of an earlier training, and layers that stay as they are."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault, Trouble, did_you_mean, several
from netspec.files import open_regular
from netspec.graph import Graph, Node
from netspec.locations import in_run
from netspec.net.left import BEST, LAST, settings_of
from netspec.net.recorded import tables
from netspec.shape import show

if TYPE_CHECKING:
    from netspec.weights import Arrays


@dataclass(frozen=True)
class Start:
    """``path`` has the weights: a run, a file of weights or a compiled model, or they are ``given``; none is needed.

    ``fresh`` and ``freeze`` are shell patterns over the paths of weights, whose ``*`` crosses ``/``: what begins from
    the seed all the same, and what training does not change.
    """

    path: Path | None = None
    fresh: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    given: Arrays | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.fresh and self.name is None:
            raise Trouble(
                "N716",
                "`--fresh` names what is not taken from other weights, and none were given",
                help="give a run, a file of weights or a model with `--from`; without it all weights are fresh",
            )

    @property
    def name(self) -> str | None:
        """What the weights are of, in words; None where all are fresh."""
        return "the dict" if self.given is not None else None if self.path is None else str(self.path)

    @property
    def used(self) -> bool:
        """Whether anything was asked for."""
        return self.name is not None or bool(self.freeze)

    def is_fresh(self, path: str) -> bool:
        """Whether a weight begins from the seed in spite of ``path``."""
        return _meets(self.fresh, path)

    def weights(
        self, graph: Graph, fresh: Arrays, examples: Callable[[], Mapping[str, Any]] | None = None
    ) -> dict[str, Any]:
        """The weights of ``path`` by path, ``fresh`` ones where a pattern says so.

        ``examples`` gives some prepared inputs, channels last, by which norms are made again that a model has no more.

        A pattern also names weights of the file that the net does not have. Fault N701 lists all that does not fit,
        and a pattern that meets nothing is Fault N716.
        """
        if self.name is None:
            return dict(fresh)
        found, marks, wrong = self._found(graph, fresh, examples)
        check_patterns("--fresh", self.fresh, [*graph.weights, *found])
        kept = {path: array for path, array in found.items() if not _meets(self.fresh, path)}
        expected = {path: weight.shape for path, weight in graph.weights.items() if not _meets(self.fresh, path)}
        for path, weight in graph.weights.items():
            if path in expected and weight.role == "fixed":  # the spec says it, whatever the file has
                kept[path] = kept.get(path, fresh[path])
        wrong = [line for line in wrong if line.split(" ")[0] in expected]
        wrong += _misfits(expected, kept, tables(graph), marks)
        wrong += [
            f"{path} is of another table"
            for path in expected
            if graph.weights[path].role == "fixed"
            and kept[path].shape == expected[path]
            and (kept[path] != fresh[path]).any()
        ]
        if wrong:
            raise _misfit(self.name, graph, wrong)
        return {**fresh, **kept}

    def _found(
        self, graph: Graph, fresh: Arrays, examples: Callable[[], Mapping[str, Any]] | None
    ) -> tuple[dict[str, Any], Mapping[str, str] | None, list[str]]:
        """The arrays by path, the tables that they are of where that is known, and what did not fit already."""
        if self.given is not None:
            return _arrays(self.given), None, []
        assert self.path is not None
        return _read(graph, self.path, fresh, examples)

    def frozen(self, graph: Graph) -> Graph:
        """The graph with the layers that ``freeze`` names frozen, of some only the weights or the biases.

        Fault N716 where a pattern meets nothing that training changes.
        """
        check_patterns("--freeze", self.freeze, graph.weights)
        if not self.freeze:
            return graph
        for pattern in self.freeze:
            met = [path for path, weight in graph.weights.items() if weight.trained and fnmatchcase(path, pattern)]
            if not met:
                raise Fault(
                    "N716",
                    f"`--freeze {pattern}` meets only what no gradient changes",
                    help="name the layer's gains too: a frozen norm keeps its statistics",
                )
        return graph.replace(lambda node: self._stilled(graph, node))

    def _stilled(self, graph: Graph, node: Node) -> Node | None:
        trained = [local for local, weight in graph.local_weights(node).items() if weight.trained]
        met = [local for local in trained if _meets(self.freeze, node.key(local))]
        if not met:
            return None
        if len(met) == len(trained):
            return replace(node, op=node.op.replaced(frozen=True))
        op: Any = node.op  # one that has weights, and so rates of its own
        rate, decay = op.rate, op.decay
        decay = (1.0, 0.0) if decay is None else decay
        stays = (any(local != "bias" for local in met), "bias" in met)
        rates, decays = (
            tuple(0.0 if stay else n for stay, n in zip(stays, pair, strict=True)) for pair in (rate, decay)
        )
        return replace(node, op=node.op.replaced(rate=rates, decay=decays))

    def to_json(self) -> dict[str, Any]:
        """As settings.json keeps it; the file's digest says which weights those were."""
        file = None if self.path is None else in_run(self.path, BEST, LAST)
        return {
            "from": None if self.path is None else str(self.path.absolute()),
            "digest": None if file is None else _digest(file),
            "fresh": list(self.fresh),
            "freeze": list(self.freeze),
        }


def begun(asked: Start, resume: Path | None) -> Start:
    """How a training begins: as asked, or as the run that goes on did. Trouble N716 where both are given."""
    if resume is None:
        return asked
    if asked.used:
        raise Trouble(
            "N716",
            f"{resume} began already, and goes on from where it stood",
            help="leave out `--resume` to begin a new run, or `--from`, `--fresh` and `--freeze`",
        )
    kept = settings_of(resume).get("start")
    if not isinstance(kept, dict):
        return asked
    path, fresh, freeze = (kept.get(name) for name in ("from", "fresh", "freeze"))
    anew, still = (tuple(map(str, value)) if isinstance(value, list) else () for value in (fresh, freeze))
    if not isinstance(path, str):  # weights that a program gave are in the state
        return Start(freeze=still)
    return Start(Path(path), anew, still)


def start_of(weights: str | Path | Arrays | None, fresh: str | Sequence[str], freeze: str | Sequence[str]) -> Start:
    """A start with weights of a path, or by their own paths; a pattern may stand alone."""
    fresh, freeze = ([some] if isinstance(some, str) else some for some in (fresh, freeze))
    if isinstance(weights, Mapping):
        return Start(None, tuple(fresh), tuple(freeze), weights)
    return Start(None if weights is None else Path(weights), tuple(fresh), tuple(freeze))


def _arrays(given: Arrays) -> dict[str, Any]:
    """What a program gives, as float32. Fault N701 where something is no array of numbers."""
    import numpy as np

    found = {}
    for path, array in given.items():
        array = np.asarray(array)
        if array.dtype.kind not in "biuf":
            raise Fault("N701", f"the weights {path} are {show(array.shape) or 'one'} of {array.dtype}, not numbers")
        found[str(path)] = array.astype(np.float32)
    return found


def check_patterns(option: str, patterns: Sequence[str], paths: Iterable[str]) -> None:
    """Fault N716 for a pattern that meets no path."""
    known = list(dict.fromkeys(paths))
    for pattern in patterns:
        if any(fnmatchcase(path, pattern) for path in known):
            continue
        layer = pattern.rstrip("/*.")
        inner = next((path[len(layer)] for path in known if layer and path.startswith((f"{layer}/", f"{layer}."))), "")
        layers = [path.rsplit(".", 1)[0] for path in known]
        heads = dict.fromkeys([*(f"{name.split('/')[0]}/*" for name in layers if "/" in name), *known])
        help = f"did you mean `{layer}{inner}*`?" if inner else did_you_mean(pattern, heads)
        more = "`netspec weights list` shows the paths; `*` stands for any characters, `/` among them"
        raise Fault("N716", f"`{option} {pattern}` meets no weights", help=f"{help}\n{more}" if help else more)


def _meets(patterns: Iterable[str], path: str) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _read(
    graph: Graph, path: Path, fresh: Arrays, examples: Callable[[], Mapping[str, Any]] | None
) -> tuple[dict[str, Any], Mapping[str, str] | None, list[str]]:
    """The arrays of a file by path, the tables that they are of where it says so, and what did not fit already."""
    from netspec.interop.weight_files import load_weights

    file = in_run(path, BEST, LAST)
    if file.is_dir():
        raise Trouble(
            "N601",
            f"{path} has no weights: there is neither {BEST} nor {LAST}",
            help="a run has them after its first epoch",
        )
    if file.suffix == ".onnx":
        return _of_model(graph, file, fresh, examples)
    arrays, about = load_weights(file)
    marks = about.get("tables")
    return arrays, marks if isinstance(marks, dict) else None, []


def _of_model(
    graph: Graph, path: Path, fresh: Arrays, examples: Callable[[], Mapping[str, Any]] | None
) -> tuple[dict[str, Any], None, list[str]]:
    from netspec.interop.model_weights import model_weights
    from netspec.net.unfolding import unfolded
    from netspec.passes.undeploy import folded, undeploy

    found = model_weights(path, {name: weight.shape for name, weight in graph.weights.items()})
    if examples is not None and folded(graph, found):
        found = unfolded(graph, fresh, found, examples())
    gone = folded(graph, found)
    if gone and examples is None:
        raise Fault(
            "N701",
            f"{path} has no {gone[0]}: compiling folds norms into the layers before them",
            help="give the run, or its weights.safetensors, which have them as they were trained",
        )
    arrays, wrong = undeploy(graph, found)
    return arrays, None, wrong


def _misfits(
    expected: Mapping[str, tuple[int, ...]], found: Arrays, ours: Mapping[str, str], marks: Mapping[str, str] | None
) -> list[str]:
    """All that does not fit, a line each, in the order of the net."""
    import numpy as np

    wrong = []
    for path, shape in expected.items():
        layer = path.rsplit(".", 1)[0]
        if path not in found:
            wrong.append(f"{path} is missing ({show(shape)})")
        elif tuple(found[path].shape) != shape:
            wrong.append(f"{path} is {show(found[path].shape)}, and the net has {show(shape)}")
        elif path.endswith(".weight") and marks is not None and marks.get(layer) != ours.get(layer):
            wrong.append(f"{path} is of {marks.get(layer, 'no table')}, and the net has {ours.get(layer, 'no table')}")
        elif not np.isfinite(found[path]).all():
            wrong.append(f"{path} has a number that is not finite")
    return wrong + [f"{path} belongs to no layer of the net" for path in found if path not in expected]


def _misfit(path: str, graph: Graph, wrong: list[str]) -> Fault:
    heads = dict.fromkeys(line.split(" ")[0].rsplit("/", 1)[0] for line in wrong)
    fresh = " ".join(f'--fresh "{head}{"/*" if "." not in head else ""}"' for head in list(heads)[:3])
    advice = (
        f"what is to start anew is named by a pattern: `{fresh}`"
        if len(heads) <= 3
        else ('what is to start anew is named by patterns, such as `--fresh "label/*"`')
    )
    return Fault(
        "N701",
        f"the weights of {path} do not fit net {graph.name}: {wrong[0]}",
        help="\n".join([*several(wrong), advice]),
    )


def _digest(path: Path) -> str:
    with open_regular(path) as file:
        return file_digest(file, "sha256").hexdigest()
