"""How large a net may be, and how deep what it is built of."""

from __future__ import annotations

#: A net has at most so many layers, and takes at most so many steps to build.
MOST_LAYERS, MOST_STEPS = 100_000, 1_000_000
#: Blocks call blocks at most so deep.
DEEPEST = 100
#: Blocks that call blocks as deep as they may, with brackets in each, take so many frames of Python.
FRAMES = 20_000
