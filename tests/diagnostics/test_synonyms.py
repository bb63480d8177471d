"""Names of other frameworks, as people type them, and what netspec calls the same."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source, did_you_mean, render
from netspec.elaborate import elaborate
from netspec.language import parse

LAYERS = {
    "linear": "dense", "Linear": "dense", "fc": "dense", "fully_connected": "dense", "FullyConnected": "dense",
    "Dense": "dense", "InnerProduct": "dense",
    "Conv2d": "conv", "Conv2D": "conv", "Conv1d": "conv", "Conv3d": "conv", "conv2d": "conv", "Convolution2D": "conv",
    "Convolution": "conv",
    "batchnorm": "norm", "bn": "norm", "BatchNorm2d": "norm", "BatchNormalization": "norm", "batch_norm": "norm",
    "LayerNorm": "layer_norm", "layernorm": "layer_norm", "GroupNorm": "group_norm", "LocalResponseNorm": "lrn",
    "maxpooling2d": "maxpool", "MaxPool2d": "maxpool", "MaxPooling2D": "maxpool", "max_pool": "maxpool",
    "max_pool2d": "maxpool",
    "AvgPool2d": "avgpool", "AveragePooling2D": "avgpool", "avg_pool": "avgpool", "gap": "global_avgpool",
    "AdaptiveAvgPool2d": "global_avgpool",
    "GlobalAveragePooling2D": "global_avgpool", "GlobalMaxPooling2D": "global_maxpool",
    "lrelu": "leaky_relu", "LeakyReLU": "leaky_relu", "leakyrelu": "leaky_relu", "swish": "silu", "SiLU": "silu",
    "ReLU": "relu", "PReLU": "prelu", "GELU": "gelu",
    "hardswish": "hard_swish", "hswish": "hard_swish", "Sigmoid": "sigmoid", "logistic": "sigmoid",
    "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "conv2d_transpose": "deconv", "ConvTranspose2d": "deconv", "Conv2DTranspose": "deconv", "Deconvolution": "deconv",
    "Flatten": "flatten", "Dropout2d": "dropout", "SpatialDropout2D": "dropout", "Concatenate": "concat",
    "cat": "concat", "UpSampling2D": "upsample",
    "ZeroPadding2D": "pad", "Cropping2D": "crop", "LocallyConnected2D": "local", "Reshape": "reshape",
    "channel_shuffle": "shuffle", "Add": "add",
}  # fmt: skip


def checked(text: str) -> str:
    problems = Problems()
    elaborate(parse(Source("a.net", text), problems), problems)
    return render(problems)


def layer(stage: str) -> str:
    return checked(f"netspec 1\nnet A {{\n input x: 3 x 8 x 8\n output y = x -> {stage}\n}}\n")


@pytest.mark.parametrize(("theirs", "ours"), LAYERS.items())
def test_a_layer_of_another_framework_is_answered_with_ours(theirs: str, ours: str) -> None:
    text = layer(f"{theirs}(5)")
    assert f"there is no layer or block {theirs}\n" in text and f"help: did you mean `{ours}`?" in text


@pytest.mark.parametrize("name", ["LSTM", "Embedding", "GRU", "MultiHeadAttention"])
def test_a_layer_that_there_is_not_is_said_not_to_be(name: str) -> None:
    assert "help: netspec has none: it describes convolutional networks" in layer(f"{name}(5)")


@pytest.mark.parametrize(("written", "told"), [
    ("conv(4, 3, padding: 1)", "`pad`"), ("conv(4, 3, strides: 1)", "`stride`"),
    ("conv(4, kernel_size: 3)", "`kernel`"), ("conv(filters: 4, kernel: 3)", "`maps`"),
    ("dense(units: 3, use_bias: false)", "`bias`"), ("conv(out_channels: 4, kernel: 3)", "`maps`"),
    ("conv(4, 3, in_channels: 3)", "leave it out"),
    ("conv(4, 3, dilation_rate: 2)", "`dilation`"), ("leaky_relu(alpha: 0.1)", "`slope`"),
    ("dense(out_features: 3)", "`units`"), ("maxpool(pool_size: 2)", "`size`"),
    ("norm(eps: 0.1)", "`epsilon`"), ("conv(4, 3, weight_decay: 0)", "`decay`"), ("conv(4, 3, lr: 2)", "`rate`"),
    ("dense(3, activation: 1)", "-> relu"), ("dropout(rate: 0.5)", "`share`"),
])  # fmt: skip
def test_an_argument_of_another_framework(written: str, told: str) -> None:
    assert told in layer(written).split("help:")[1]


@pytest.mark.parametrize(("setting", "told"), [
    ("loss: crossentropy", "`cross_entropy`"), ("loss: categorical_crossentropy", "`cross_entropy`"),
    ("loss: CrossEntropyLoss", "`cross_entropy`"), ("loss: bce", "`binary_cross_entropy`"),
    ("loss: l1", "`mae`"), ("loss: l2", "`mse`"), ("loss: mean_squared_error", "`mse`"),
    ("optimizer: SGD(0.1)", "`sgd`"), ("optimizer: Adam(0.1)", "`adam`"),
    ("optimizer: sgd(lr: 0.1)", "`rate`"), ("optimizer: sgd(learning_rate: 0.1)", "`rate`"),
    ("optimizer: sgd(0.1, weight_decay: 0.1)", "`decay`"), ("batch_size: 3", "`batch`"),
    ("lr: 0.1", "sgd(rate: 0.1)"), ("learning_rate: 0.1", "sgd(rate: 0.1)"), ("weight_decay: 0.1", "decay: 0.0001"),
    ("num_epochs: 3", "`epochs`"), ("scheduler: cosine", "`schedule`"),
    ("schedule: CosineAnnealingLR", "`cosine`"), ("optimiser: sgd(0.1)", "`optimizer`"),
])  # fmt: skip
def test_a_setting_of_another_framework(setting: str, told: str) -> None:
    text = checked(
        f"netspec 1\nnet A {{\n input x: 3\n output y = x -> dense(3) -> softmax\n}}\ntrain {{\n {setting}\n}}\n"
    )
    assert told in text.split("help:")[1]


@pytest.mark.parametrize(("step", "told"), [
    ("Resize(8)", "`resize`"), ("ToTensor", "`scale`"), ("CenterCrop(8)", "`center_crop`"),
    ("RandomHorizontalFlip", "`mirror`"), ("Normalize(0)", "`normalize`"), ("ColorJitter", "`color_jitter`"),
    ("RandomResizedCrop(8)", "`random_resized_crop`"), ("Grayscale", "`grayscale`"), ("RandomCrop(8)", "`random_crop`"),
])  # fmt: skip
def test_a_step_of_another_framework(step: str, told: str) -> None:
    text = checked(
        f"netspec 1\nnet A {{\n input x: 3 x 8 x 8\n output y = x -> dense(3)\n}}\ndata {{\n prepare: {step}\n}}\n"
    )
    assert told in text.split("help:")[1]


def test_a_name_that_is_near_is_still_found() -> None:
    known = ["conv", "deconv", "dense", "dropout", "maxpool"]
    assert (
        did_you_mean("cnov", known) == "did you mean `conv`?" and did_you_mean("dens", known) == "did you mean `dense`?"
    )
    assert did_you_mean("wholly_other", known, "else") == "else" and did_you_mean("a" * 10**6, known, "else") == "else"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("DepthwiseConv2D", "conv(32, 3, groups: 32)"), ("SeparableConv2D", "groups: 32) -> conv(64, 1)"),
        ("Pooling", "`maxpool(2)` or `avgpool(2)`"), ("skip", "residual"), ("PixelShuffle", "netspec has none"),
    ],
)  # fmt: skip
def test_what_is_written_otherwise_here_is_shown_as_it_is_written(name: str, told: str) -> None:
    assert told in layer(f"{name}(5)")
