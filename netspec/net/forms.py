"""The forms of gradients that are the fastest on a device: timed, and kept in the user's cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import floor, log10
from operator import attrgetter

from netspec.diagnostics import Trouble
from netspec.interop.export import serialize
from netspec.interop.gradients.sliding import Met, possible
from netspec.interop.gradients.trials import trial
from netspec.net.methods_cache import FORMS, keep_tuned, tuned
from netspec.runtime.devices import Device
from netspec.runtime.stepping import seconds

#: Seconds that a form is tried, and what another one must save to be taken.
_PATIENCE, _SAVES = 0.2, 0.05


def forms_of(device: str) -> dict[str, str]:
    """The forms that were found for a device, by gradient."""
    return _of(device, tuned(FORMS))


def _of(device: str, table: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(f"{device} "): form for key, form in table.items() if key.startswith(f"{device} ")}


@dataclass(frozen=True)
class Timed:
    """Seconds of a gradient in each form that ran; the first was the usual one."""

    met: Met
    seconds: Mapping[str, float]

    @property
    def best(self) -> str:
        """The fastest; the usual one where nothing is faster by a twentieth."""
        first = min(self.seconds, key=lambda form: self.seconds[form])
        usual = _usual(self)
        return first if self.seconds[first] < (1 - _SAVES) * self.seconds.get(usual, float("inf")) else usual


def tune(
    met: Mapping[str, Met], device: Device, stop: Callable[[], bool], tell: Callable[[str], None]
) -> dict[str, str]:  # fmt: skip
    """Time the forms of gradients on batches of a device, and keep the fastest for later trainings there.

    What was found until ``stop`` is kept too; where it cannot be kept that is told.
    """
    several = {key: each for key, each in met.items() if len(possible(each.of, each.at)) > 1}
    tell(f"timing the forms of {len(several)} gradients of convolutions on {device.name}")
    found: dict[str, Timed] = {}
    for key, each in several.items():
        if stop():
            break
        taken = {form: taken_by(each, form, device) for form in possible(each.of, each.at)}
        ran = {form: time for form, time in taken.items() if time is not None}
        if ran:
            found[key] = Timed(each, ran)
    other = {key: timed.best for key, timed in found.items() if timed.best != _usual(timed)}
    before = {key: form for key, form in tuned(FORMS).items() if key.removeprefix(f"{device.name} ") not in found}
    kept = {**before, **{f"{device.name} {key}": form for key, form in other.items()}}
    tell(_told(found, other))
    try:
        keep_tuned(kept, FORMS)
    except Trouble as trouble:
        tell(f"this run alone has them: {trouble}")
    return _of(device.name, kept)


def taken_by(met: Met, form: str, device: Device) -> float | None:
    """Seconds of a gradient in a form; None where the device does not run it."""
    return seconds(serialize(trial(met, form, device.batch)), device, _PATIENCE)


def _told(found: Mapping[str, Timed], other: Mapping[str, str]) -> str:
    """How many are faster in another form, and those alone by how much, in digits that tell the times apart."""
    if not other:
        return f"none of {len(found)} is faster in another form"
    changed = [found[key] for key in other if _usual(found[key]) in found[key].seconds]
    best, usual = (sum(timed.seconds[of(timed)] for timed in changed) for of in (attrgetter("best"), _usual))
    times = f": {_milliseconds(best)} in place of {_milliseconds(usual)}" if changed else ""
    return f"{len(other)} of {len(found)} are faster in another form{times}"


def _milliseconds(taken: float) -> str:
    """Seconds, in three digits: forms that are taken differ by a twentieth."""
    return f"{1e3 * taken:.{max(0, 2 - floor(log10(max(1e3 * taken, 1e-6))))}f} ms"


def _usual(timed: Timed) -> str:
    return possible(timed.met.of, timed.met.at)[0]
