"""The words of the language."""

#: What words that name nothing else mean (language.md sections 2 to 4).
MEANINGS = {
    "net": "The network of this file: its inputs, layers and outputs. Its parameters are set by `--set NAME=VALUE`.",
    "block": "A reusable piece: `in` is its input, its value is that of its last statement.",
    "use": "Takes the blocks, tables and constants of another file, its path relative to this one.",
    "let": "A constant, in a file, a net or a block.",
    "input": "An input of the net, without its batch axis: `3 x 224 x 224`, or with free sizes, `3 x H x W`.",
    "output": "An output, and a name like any other. `output name (train, weight: 0.3)` is an auxiliary head, left out "
    "of what is deployed.",
    "share": "A layer, a block or a chain with one set of weights, used as often as it is named.",
    "expect": "What the paper says of the layers of a statement, or of `net`; what differs is an error.",
    "in": "In a block or a residual, its input: `in[0]`, `in[1]`, … where several values enter. In `for i in list` it "
    "stands before the list.",
    "for": "`(p) for i in list` chains one `p` for each item.",
    "if": "`(p if condition else q)` chooses when the net is built; `expect … if condition` holds only then.",
    "else": "`(p if condition else q)` chooses when the net is built.",
    "and": "Whether both hold.",
    "or": "Whether one of both holds, or both.",
    "not": "Whether what follows does not hold.",
    "true": "What holds.",
    "false": "What does not hold.",
}
#: Words that name nothing else (language.md section 2).
KEYWORDS = frozenset(MEANINGS)
