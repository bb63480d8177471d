"""The sizes at which a net of free sizes is trained: those asked for, else what the data and its preparation give."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault
from netspec.settings import Data
from netspec.settings.picture import Picture
from netspec.shape import Free

if TYPE_CHECKING:
    from netspec.data.sets import Part
    from netspec.data.targets import Target
    from netspec.engine.kernel import Array
    from netspec.net.net import Net


def sized(net: Net, asked: Mapping[str, int], part: Part, tell: Callable[[str], None]) -> Net:
    """The net at sizes ``asked`` for, else at those that the examples of ``part`` have behind their preparation.

    ``tell`` gets a line with those that were found so. Raises Fault N703 where they are not known, or ``asked`` names
    none of the net's.
    """
    free = {dim.name: (name, axis) for name, shape in net.graph.inputs.items() for axis, dim in enumerate(shape)
            if isinstance(dim, Free)}  # fmt: skip
    net = net.at(asked)  # one that the net does not have is told before the data is looked at
    found = {}
    for name, (value, axis) in free.items():
        if name not in asked:
            sizes = _given(net.data, part, value)
            size = None if sizes is None or len(sizes) < axis else sizes[axis - 1]
            if size is None:
                raise _unknown(net, [one for one in free if one not in asked])
            found[name] = size
    if found:
        each = ", ".join(f"{name} = {size}" for name, size in found.items())
        tell(f"the net is trained at {each}, which the data and `prepare` give")
    return net.at(found)


def as_read(net: Net, inputs: Mapping[str, Array]) -> Net:
    """The net at the sizes of some prepared inputs, channels last."""
    found = {}
    for name, array in inputs.items():
        for dim, size in zip(net.graph.inputs[name], (array.shape[-1], *array.shape[1:-1]), strict=True):
            if isinstance(dim, Free):
                found[dim.name] = size
    return net.at(found)


def check_maps(net: Net, part: Part, targets: Sequence[Target]) -> None:
    """Fault N703 where the answers to a picture of a free size are no map of the size of its label picture.

    A picture of a size that the net cannot take has the fault of the layer that cannot.
    """
    from netspec.data.label_pictures import tested
    from netspec.settings.losses import takes_labels

    masks = getattr(part, "masks", None)
    if not masks:
        return
    tested(masks[:1], net.data)  # ten crops have none
    maps = {target.output for target in targets if takes_labels(target.loss) and len(target.shape) > 1}
    ((_, *dims),) = net.graph.inputs.values()
    firsts = {mask.shape: place for place, mask in reversed([*enumerate(masks)])}
    for place in sorted(firsts.values()) if any(isinstance(dim, Free) for dim in dims) else ():
        sizes = tested([masks[place]], net.data)[0].shape
        file = part.files[place] if part.files else f"picture {place}"
        try:
            at = net.at({dim.name: size for dim, size in zip(dims, sizes, strict=True) if isinstance(dim, Free)})
        except Fault as fault:
            raise Fault(fault.code, f"{file}: {fault.message}", help=fault.help) from None
        for output in at.graph.outputs:
            found = at.graph.shapes[output.value][1:]
            if output.name in maps and found != sizes:
                answers, labels = (" x ".join(map(str, each)) for each in (found, sizes))
                raise Fault(
                    "N703",
                    f"{file}: output {output.name} gives {answers} answers, and the prepared labels are {labels}",
                    help="bring pictures to sizes that the net gives back, by `prepare: resize(h, w)` or a crop",
                )


def _given(data: Data, part: Part, name: str) -> tuple[int | None, ...] | None:
    """The sizes that the examples of an input have behind their preparation, None where they differ."""
    from netspec.data.chain import split
    from netspec.data.picture_files import PictureFiles

    images = part.arrays.get(name) if hasattr(part, "arrays") else part.images
    if images is None:
        return None
    if isinstance(images, PictureFiles):
        shapes = {one.size[:-1] for one in images.found}
    else:
        shapes = {image.shape[:-1] for image in images} if isinstance(images, list) else {images.shape[1:-1]}
    shape = shapes.pop() if len(shapes) == 1 else None
    if shape is not None and len(shape) != 2:
        return shape
    picture = Picture(*(shape or (None, None)))
    before, augment, after = split(data)
    for step in (*before, *augment, *after):
        picture = step.after(picture)
    return picture.height, picture.width


def _unknown(net: Net, names: list[str]) -> Fault:
    at = " ".join(f"--at {name}=64" for name in names)
    return Fault(
        "N703",
        f"the net has free sizes ({', '.join(names)}), and the examples are of several: training needs one",
        help="end `prepare` with a size, `resize(64, 64)` or `center_crop(64)`, or augment by `random_crop(64)`; "
        f"where all come out of one size, `{at}` says which it is",
    )
