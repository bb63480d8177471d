"""Valid specs of any shape: whole nets written at random by one who knows the contract's rules of size."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod

from tests.fuzz.written_sizes import Value, places, sides
from tests.fuzz.written_tables import kernel_table, table, wiring

ACTIVATIONS = (
    "relu", "relu(max: 6)", "leaky_relu(0.1)", "prelu", "elu", "selu", "gelu", "silu", "hard_swish", "sigmoid",
    "hard_sigmoid", "tanh", "tanh(scale: 1.7159, slope: 2/3)",
    "softplus", "softsign", "abs", "softmax", "log_softmax", "dropout(0.3)", "scale(-0.5)", "shift(1/4)", "norm",
    "norm(affine: false, momentum: 0.8)", "layer_norm",
)  # fmt: skip


Step = tuple[str, Value]


@dataclass
class Author:
    """Writes one spec; ``lines`` stand above the statement that is being written."""

    draw: random.Random
    lines: list[str] = field(default_factory=list)
    count: int = 0
    inner: int = 0  # the maps of `in`; 0 where there is none

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{self.draw.choice((kind, kind, kind, f'{kind}é', f'卷{kind}'))}{self.count}"

    # ---- numbers and sizes as a person may write them

    def number(self, n: int) -> str:
        forms = [str(n)] * 4 + [
            f"({n + 1} - 1)",
            f"{n} * 1",
            "k" if n == 4 else str(n),
            f"max({n}, 1)" if n else "0",
            f"({n} if wide else {n + 1})",
        ]
        if n % 2 == 0:
            forms += [f"2 * {n // 2}", f"{2 * n} // 2"]
        if self.inner and n % self.inner == 0:
            forms += ["in.maps" if n == self.inner else f"{n // self.inner} * in.maps"] * 2
        return self.draw.choice(forms)

    def size(self, sizes: tuple[int, ...]) -> str:
        if len(set(sizes)) == 1 and self.draw.random() < 0.7:
            return str(sizes[0])
        return " x ".join(map(str, sizes)) if len(sizes) > 1 else str(sizes[0])

    def maps(self) -> int:
        return self.draw.choice((1, 2, 3, 4, 4, 6, 8))

    # ---- layers

    def window(self, value: Value) -> Step | None:
        """A conv, deconv, local or pool that fits; the sizes are the contract's formula."""
        draw, rank = self.draw, len(value.sizes)
        kind = draw.choice(("conv", "conv", "conv", "deconv", "local", "maxpool", "avgpool", "lppool"))
        pool = kind.endswith("pool")
        kernel = tuple(draw.randint(1, 4) for _ in range(rank)) if draw.random() < 0.3 else (draw.randint(1, 4),) * rank
        drawn = kernel_table(draw, self) if rank == 2 and not pool and draw.random() < 0.1 else None
        if drawn:
            kernel = drawn[1]
        stride = (
            (draw.choice((1, 1, 1, 2, 3)),) * rank
            if draw.random() < 0.8
            else tuple(draw.randint(1, 2) for _ in range(rank))
        )
        dilation = (1,) * rank if pool or draw.random() < 0.7 else (2,) * rank
        pad = draw.choice(("same", 0, 1, 2))
        up = pool and draw.random() < 0.4
        rows = [
            places(kind, n, k, s, d, pad, up) for n, k, s, d in zip(value.sizes, kernel, stride, dilation, strict=True)
        ]
        margins = [sides(k, d, pad) for k, d in zip(kernel, dilation, strict=True)]
        if min(rows) < 1 or (value.free and min(rows) < 2) or prod(rows) > 700 or (kind == "local" and value.free):
            return None
        if pool and any(max(side) >= k for side, k in zip(margins, kernel, strict=True)):
            return None
        outputs, more = (value.maps, "") if pool else self.wired(value.maps, all(k % 2 for k in kernel))
        told = [] if pool else [self.number(outputs)]
        told += [drawn[0] if drawn else self.size(kernel)]
        told += [f"stride: {self.size(stride)}"] if pool or set(stride) != {1} else []
        told += [f"pad: {pad}"] if pad or draw.random() < 0.2 else []
        told += [f"dilation: {self.size(dilation)}"] if set(dilation) != {1} else []
        told += ["ceil: true"] if up else []
        told += [more] if more else []
        return f"{kind}({', '.join(told)})", replace(value, maps=outputs).on(
            tuple(rows), f"{kind} {kernel} {stride} {dilation} {pad} {up}"
        )

    def wired(self, inputs: int, odd: bool) -> tuple[int, str]:
        """Output maps, and groups, a table or other arguments."""
        draw, outputs = self.draw, self.maps()
        said = draw.choice(
            (
                "",
                "",
                "",
                "bias: false",
                "bias: constant(0.1)",
                "init: lecun",
                "init: gaussian(0.1), rate: [1, 2]",
                "decay: 0",
                "frozen: true",
            )
        )
        if draw.random() < 0.4:
            name, outputs = table(draw, self, inputs, odd)
            return outputs, f"table: {name}{said and ', '}{said}"
        if draw.random() < 0.2:
            groups = draw.choice([n for n in range(1, inputs + 1) if inputs % n == 0])
            return groups * draw.randint(1, 2), f"groups: {groups}"
        return outputs, said

    def plain(self, value: Value) -> Step | None:
        """A layer that is no window."""
        draw, n = self.draw, value.maps
        kind = draw.choice(
            (
                "group_norm",
                "lrn",
                "upsample",
                "pad",
                "crop",
                "shuffle",
                "slice",
                "connect",
                "subsample",
                "global",
                "flatten",
                "reshape",
                "dense",
                "rbf",
            )
        )
        sizes, divisors = value.sizes, [m for m in range(1, n + 1) if n % m == 0]
        if kind == "group_norm":
            return f"group_norm({draw.choice(divisors)})", value
        if kind == "shuffle" and sizes:
            return f"shuffle({draw.choice(divisors)})", value
        if kind == "slice":
            if draw.random() < 0.3:
                return f"slice(maps: 0..{n - 1})", value
            picked = [draw.randrange(n) for _ in range(draw.randint(1, 4))]
            return f"slice(maps: {picked})", replace(value, maps=len(picked))
        if kind == "connect":
            name, outputs = wiring(draw, self, n)
            return f"connect({name})", replace(value, maps=outputs)
        if kind == "dense" and not value.free and n * prod(sizes) <= 400:
            if not sizes and draw.random() < 0.5:
                name, outputs = table(draw, self, n, True)
                return f"dense({self.number(outputs)}, table: {name})", Value(outputs, (), "")
            outputs = self.maps()
            return f"dense({self.number(outputs)})", Value(outputs, (), "")
        if kind == "rbf" and not value.free and n * prod(sizes) <= 100:
            outputs = self.maps()
            return f"rbf({outputs}, width: 8)", Value(outputs, (), "")
        return self.spatial(kind, value) if sizes else None

    def spatial(self, kind: str, value: Value) -> Step | None:
        draw, n, sizes = self.draw, value.maps, value.sizes
        if kind == "lrn":
            return f"lrn(size: {draw.randint(1, 5)}, alpha: 0.5)", value
        if kind == "global":
            return draw.choice(("global_avgpool", "global_maxpool")), Value(n, (), "")
        if kind == "pad" and prod(sizes) < 150:
            return "pad(1)", value.on(tuple(s + 2 for s in sizes), "pad")
        if kind == "upsample" and prod(sizes) < 100:
            return f"upsample(2, mode: {draw.choice(('nearest', 'linear'))})", value.on(
                tuple(2 * s for s in sizes), "up"
            )
        if kind == "subsample" and min(sizes) >= 4:
            return "subsample(2)", value.on(tuple(s // 2 for s in sizes), "half")
        if value.free:
            return None
        if kind == "flatten":
            return "flatten", Value(n * prod(sizes), (), "")
        if kind == "reshape":
            return f"reshape({prod(sizes)} x {n})", Value(prod(sizes), (n,), f"({n},)")
        if kind == "crop":
            kept = tuple(draw.randint(1, s) for s in sizes)
            same = (min(kept),) * len(sizes) if len(sizes) == 1 else kept
            order = (*same[1:], same[0]) if len(same) == 3 else same  # crop(height, width, depth)
            return f"crop({', '.join(map(str, order))})", value.on(same, "crop")
        return None

    # ---- what is made of layers

    def step(self, value: Value, depth: int) -> Step:
        """One stage on a value: it always gives one."""
        makers: list[Callable[[], Step | None]] = [lambda: (self.draw.choice(ACTIVATIONS), value)] * 3
        makers += [lambda: self.plain(value)] * 3 + ([lambda: self.window(value)] * 6 if value.sizes else [])
        if depth:
            makers += [
                lambda: self.residual(value, depth - 1),
                lambda: self.joined(value, depth - 1),
                lambda: self.repeated(value),
                lambda: self.chosen(value, depth - 1),
            ]
        for _ in range(20):
            made = self.draw.choice(makers)()
            if made is not None and made[1].maps <= 1000:
                return made
        return "identity", value

    def chain(self, value: Value, length: int, depth: int) -> Step:
        """Stages one behind the other."""
        stages = []
        for _ in range(length):
            stage, value = self.step(value, depth)
            stages.append(stage)
        return self.draw.choice((" -> ", " -> ", "\n -> ", " ->  ")).join(stages), value

    def keeping(self, value: Value, outputs: int) -> str:
        """Stages that keep the places and give so many maps."""
        if not value.sizes:
            return f"dense({self.number(outputs)})"
        layer = self.draw.choice(
            (
                f"conv({self.number(outputs)}, 3, pad: 1)",
                f"conv({self.number(outputs)}, 1) -> norm",
                f"conv({outputs}, 3, pad: same) -> relu",
            )
        )
        return f"{self.draw.choice(('relu -> ', 'norm -> ', ''))}{layer}"

    def residual(self, value: Value, depth: int) -> Step:
        draw, outputs, around = self.draw, self.maps(), self.inner
        kind = draw.choice(("identity", "auto", "pad", "project", "table"))
        stride = draw.choice((1, 2, 3)) if value.sizes and kind != "identity" else 1
        after = value.on(tuple(-(-n // stride) for n in value.sizes), f"by {stride}") if stride > 1 else value
        if kind == "identity" or (not value.sizes and kind != "table"):
            kind, outputs = draw.choice(("identity", "auto", "pad")), value.maps
        if kind == "pad":
            outputs = max(outputs, value.maps)
        name = kind
        if kind == "table":
            name, outputs = wiring(draw, self, value.maps)
        self.inner = value.maps
        before = self.chain(value, 1, 0) if not value.sizes or draw.random() < 0.3 else None
        if before is not None and before[1].sizes == value.sizes and before[1].grid == value.grid:
            body, entering = f"{before[0]} -> ", before[1]
        else:
            body, entering = draw.choice(("in -> ", "")), value
        body += (
            self.keeping(entering, outputs)
            if stride == 1
            else f"conv({self.number(outputs)}, 3, pad: 1, stride: {stride})"
        )
        self.inner = around
        head = "residual" if name == "identity" and draw.random() < 0.5 else f"residual(shortcut: {name})"
        inside = (
            f"{{ {body} }}"
            if draw.random() < 0.5
            else f"{{\n b = {body}\n b -> {draw.choice(('relu', 'norm', 'identity'))}\n}}"
        )
        return f"{head} {inside}", replace(after, maps=outputs)

    def joined(self, value: Value, depth: int) -> Step:
        draw = self.draw
        kind = draw.choice(("concat", "add", "subtract", "multiply"))
        outputs = value.maps if kind != "concat" else self.maps()
        parts = ["identity", self.keeping(value, outputs)]
        total = value.maps + outputs
        if value.sizes and kind == "multiply" and draw.random() < 0.5:
            parts[1] = f"global_avgpool -> dense({value.maps}) -> sigmoid"
        if draw.random() < 0.3:
            parts.append(self.keeping(value, outputs))
            total += outputs
        if kind != "subtract":
            draw.shuffle(parts)
        return f"[{', '.join(parts)}] -> {kind}", replace(value, maps=total if kind == "concat" else value.maps)

    def repeated(self, value: Value) -> Step:
        draw = self.draw
        if draw.random() < 0.5:
            return f"({self.keeping(value, value.maps)} -> relu) * {draw.choice(('1', '2', '(k - 2)', '3'))}", value
        widths = [draw.randint(2, 6) for _ in range(draw.randint(1, 3))]
        layer = "conv(w, 3, pad: 1)" if value.sizes else "dense(w)"
        given = "2..4" if draw.random() < 0.3 else str(widths)
        return f"({layer} -> {draw.choice(('relu', 'tanh'))}) for w in {given}", replace(
            value, maps=4 if given == "2..4" else widths[-1]
        )

    def chosen(self, value: Value, depth: int) -> Step:
        taken, after = self.chain(value, 2, 0)
        other = self.chain(value, 1, 0)[0]
        taken, other = taken.replace("\n", " "), other.replace("\n", " ")
        condition = self.draw.choice(("wide", "k == 4", "not (k > 4)", "wide and 1 < 2", 'mode == "a"'))
        return f"({taken} if {condition} else {other})", after
