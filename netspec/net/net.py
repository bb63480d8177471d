"""A checked net: what it is made of, and all that can be done with it; each is done by a file of its own."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.net.methods_cache import tune, tuned
from netspec.net.structure import Structure
from netspec.settings import Data, Train

if TYPE_CHECKING:
    import onnx

    from netspec.data.checking import Checked
    from netspec.engine.measuring.health import Health
    from netspec.engine.measuring.profile import Profile
    from netspec.engine.measuring.tuning import Trial
    from netspec.engine.training.events import Event
    from netspec.net.events import Events
    from netspec.net.kept import Kept
    from netspec.net.trained import Run
    from netspec.weights import Arrays, Model


@dataclass(frozen=True, repr=False)
class Net(Structure):
    """A checked net, and all that can be done with it; each is done by a file of its own."""

    def spec(self, settings: Train | None = None) -> Kept:
        """A spec that says by itself what this net is and, with ``settings``, how it was trained.

        Nothing has to be set again.
        """
        from netspec.net.kept import kept

        return kept(self, settings or self.meaning.train)

    def profile(self, batch: int | None = None, workers: int | None = None, recompute: bool = False) -> Profile:
        """Where the time of a training step goes, on random numbers."""
        from netspec.engine.measuring.profile import profile
        from netspec.engine.planning.ways import Ways

        return profile(
            self.graph,
            self.train_settings,
            batch or self.train_settings.batch,
            workers,
            ways=Ways.here(tuned()),
            recompute=recompute,
        )

    def health(self, batch: int | None = None) -> Health:
        """The values and gradients of each layer on a first step, on random input, and which layers will not learn."""
        from netspec.net.health import health

        return health(self, batch)

    def tune(self) -> Iterator[Trial]:
        """Time the methods that can run each convolution on this machine, and keep what was found for later plans."""
        return tune(self.graph)

    # ---- weights, training, compiling

    def initial(self, seed: int | None = None) -> dict[str, Any]:
        """Fresh weights from a seed: the spec's unless given."""
        from netspec.weights import initial

        return initial(self.graph, self.meaning.train.seed if seed is None else seed)

    def weights_from(self, path: Path) -> tuple[dict[str, Any], Data]:
        """The weights of a file, held against the net; the data settings with what training measured."""
        from netspec.net.compiling import weights_from

        return weights_from(self, path)

    def reshaped(self, weights: Arrays) -> dict[str, Any]:
        """The weights of the net that this one was made from, in this one's shapes."""
        from netspec.passes import reshaped

        return reshaped(self.graph, weights)

    def values(self, weights: Arrays, *inputs: Any) -> dict[str, Any]:
        """What the engine answers for the deployed net, by output, to prepared inputs (images, maps, height, width)."""
        from netspec.net.asking import values

        return values(self, weights, inputs)

    def import_weights(self, path: Path, out: Path) -> int:
        """Write the weights of a file under PyTorch's names by this net's paths; how many tensors.

        Raises Fault where they do not fit.
        """
        from netspec.net.compiling import import_weights

        return import_weights(self, path, out)

    def model(self, weights: Arrays) -> Model:
        """The deployed model: every pass of DEPLOY done."""
        from netspec import passes
        from netspec.weights import Model

        return passes.run(Model(self.graph, weights), passes.DEPLOY)

    def compile(
        self,
        path: str | Path,
        weights: Arrays | None = None,
        data: Data | None = None,
        raw_pixels: bool = False,
        *,
        int8: str | Path | None = None,
        lose: float = 0.005,
        float16: bool = False,
        opset: int | None = None,
        held_out_by: int | None = None,
        tell: Callable[[str], None] = lambda text: None,
    ) -> Model:
        """Write the ONNX model; without weights, fresh ones from the seed. Returns the deployed model, of float32.

        With ``raw_pixels`` the model prepares pictures itself: its input is (N, height, width, maps) of uint8, behind a
        `range` of float32. Raises Fault N607 where the net reads no picture.

        ``int8`` is data, as `train` takes it, that calibrates a model with numbers of 8 bits. Its accuracy is compared,
        as `netspec eval` counts it, and where it falls by more than ``lose`` nothing is written (Fault N610).
        ``float16`` stores the weights so (Fault N609 where one is too large). ``opset`` is that of the standard
        operators (Trouble N611 where the net cannot be said in it). ``held_out_by`` is the seed by which training held
        examples out, as the model then knows; ``tell`` gets lines worth knowing.
        """
        from netspec.net.compiling import write
        from netspec.net.small import Form

        calibrating = None if int8 is None else Path(int8)
        form = Form(opset, float16, calibrating, lose, self.train_settings.seed, tell)
        return write(self, Path(path), weights, data or self.data, raw_pixels, held_out_by, form)

    def compile_step(self, path: str | Path) -> onnx.ModelProto:
        """Write the training step as one ONNX model: forward, loss, backward and update, weights in and out.

        Its inputs and outputs are those of ``interop.train_step.train_step``. Raises Fault N212 where an input has a
        free size, N612 where there is nothing to train.
        """
        from netspec.net.compiling import write_step

        return write_step(self, Path(path))

    def explained(self) -> list[str]:
        """How each layer with a table runs, a line each: as a deployed graph, and in the engine while it is trained."""
        from netspec.net.compiling import explained

        return explained(self)

    def metadata(self, data: Data) -> dict[str, Any]:
        """What travels in the model besides its graph."""
        from netspec.net.compiling import metadata

        return metadata(self, data)

    def train(
        self,
        data: Any,
        *,
        out: str | Path | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        workers: int | None = None,
        stop: Callable[[], bool] = lambda: False,
        resume: str | Path | None = None,
        settings: Train | None = None,
        batch: int | None = None,
        memory: int | None = None,
        recompute: bool = False,
        force: bool = False,
        command: str | None = None,
        tell: Callable[[str], None] = lambda text: None,
        max_pixels: int | None = None,
        rate: float | None = None,
        patience: int | None = None,
        max_hours: float | None = None,
        start: str | Path | Arrays | None = None,
        fresh: str | Sequence[str] = (),
        freeze: str | Sequence[str] = (),
        format: str | None = None,
        on_bad_image: str | None = None,
        at: Mapping[str, int] | None = None,
        cache: int | None = None,
        engine: str | None = None,
        device: str | None = None,
        tune: bool = False,
    ) -> Events:
        """Train on data; yields an event for each step and epoch, and trains only while they are iterated.

        ``data`` is a folder, or arrays: (x, y), a dict with an array for each input and output of the net, a dict of
        such for train, val and test, or examples one after the other (docs/python.md).

        With ``out`` the spec, the weights after each epoch, a log, the model and the state are kept in that folder;
        ``resume`` is such a folder, whose training goes on where it stood, bit for bit. A folder that has a run is
        refused (Trouble N713) unless ``force`` moves it aside; one where another training is at work always is (N714).
        ``command`` is noted as how the run was asked for; ``tell`` gets lines worth knowing.
        ``settings`` stand in for the spec's; ``rate`` and ``patience`` for the optimiser's and the stop's. ``memory``
        is how many bytes training may take: what does not fit is Fault N712. ``recompute`` computes activations again
        in backward in place of keeping them, which is also done where nothing else fits into the memory. Training
        ends after the step in which ``max_hours`` are over, as if it had been stopped.
        ``start`` has the weights to begin with, ``fresh`` and ``freeze`` are patterns over their paths: see
        ``netspec.net.start.Start``. ``format`` is how the data must lie on disk (folder, list, idx, cifar or arrays);
        pictures that cannot be decoded are an error, or with ``on_bad_image`` "skip" passed over. ``at`` has the
        numbers of free sizes, which are otherwise those of the examples behind their preparation. ``cache`` is how many
        bytes of decoded pictures are kept for the epochs to come; they change no result.
        ``engine`` "onnxruntime" takes the steps by onnxruntime, on a ``device``: "cpu", "cuda" or "auto", the best that
        starts; it is untried on a GPU. Trouble N709 where one that is named does not start. A run goes on with the
        engine that it began with (Fault N711). ``tune`` first times the forms of gradients there, for this and later
        runs.
        """
        from netspec.net.budget import Budget
        from netspec.net.chosen import Limits, chosen, folder, plain
        from netspec.net.engines import chosen as choice
        from netspec.net.events import Events
        from netspec.net.keeping import Keep
        from netspec.net.start import start_of
        from netspec.net.training import Training

        settings = chosen(settings or self.meaning.train, epochs, seed, batch, rate, patience)
        given = {"memory": memory, "cache": cache, "workers": workers, "max_pixels": max_pixels, "max_hours": max_hours}
        limits = Limits(**{name: plain(value) for name, value in given.items()})
        options = {**limits.arguments(), "recompute": recompute, "format": format, "on_bad_image": on_bad_image}
        options |= {"at": dict(at or {}), "engine": engine, "device": device}
        by = choice(engine, device, tune, recompute, resume is not None)
        out, resume = folder("out", out), folder("resume", resume)
        where = Keep(out, resume, force, command, tell, options)
        budget = Budget(limits.memory, batch is not None, recompute)
        data = folder("data", data) if isinstance(data, str) else data
        begin = start_of(start, fresh, freeze)
        training = Training(
            self, settings, data, where, limits.workers, stop, budget, limits.max_pixels, begin,
            hours=limits.max_hours, layout=format, skip=on_bad_image == "skip", at=at or {}, cache=limits.cache,
            engine=by,
        )  # fmt: skip
        return Events(training)

    #: The same, for a loop of one's own: `for event in net.events(data): …`.
    events = train

    def fit(
        self,
        data: Any,
        *,
        progress: bool = True,
        callbacks: Callable[[Event], Any] | Iterable[Callable[[Event], Any]] = (),
        weights: Arrays | None = None,
        **how: Any,
    ) -> Run:
        """Train to the end; what came of it. Takes ``train``'s arguments too, and keeps nothing without ``out``.

        ``progress`` shows how far it is, in a notebook or on stderr. Each of the ``callbacks`` gets every event; one
        that returns True ends training after the next step, as if it had done all. ``weights`` by path are what it
        begins with, as with ``start``.
        """
        from netspec.net.fitting import fit

        return fit(self, data, progress, callbacks, weights, how)

    def check_data(self, data: str | Path, max_pixels: int | None = None, format: str | None = None) -> Checked:
        """Look at every example of a data set, and hold it against the net."""
        from netspec.net.looked import looked

        return looked(self, Path(data), max_pixels, format)

    def run(
        self,
        paths: Sequence[str | Path],
        model: str | Path,
        top: int = 1,
        device: str = "auto",
        max_pixels: int | None = None,
    ) -> list[Any]:
        """The answers of a compiled model for pictures."""
        from netspec.runtime.predict import predict
        from netspec.runtime.session import open_model

        return list(predict(open_model(Path(model), device), paths, top, max_pixels))
