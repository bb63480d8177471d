"""What other frameworks call our things: names of Keras, PyTorch, Caffe and TensorFlow, with ours or what to do."""

from __future__ import annotations

import re
from collections.abc import Collection

#: Our name, and those of others for it, without case, underscores and the number of dimensions.
_OURS = {
    # layers
    "conv": "convolution sepconv cnn",
    "deconv": "convtranspose convolutiontranspose transposedconv deconvolution transposeconv upconv",
    "local": "locallyconnected unsharedconv localconv",
    "dense": "linear fc fullyconnected innerproduct ip affine lazylinear mlp",
    "maxpool": "maxpooling poolmax", "avgpool": "averagepooling averagepool meanpool avgpooling poolavg poolave",
    "lppool": "lppooling l2pool powerpool",
    "global_avgpool": "gap globalaveragepooling globalaveragepool globalavgpooling adaptiveavgpool "
      "adaptiveaveragepool averagepoolglobal globalpool",
    "global_maxpool": "gmp globalmaxpooling adaptivemaxpool",
    "norm": "bn batchnorm batchnormalization batchnormalisation synbatchnorm syncbatchnorm normalization normalisation",
    "layer_norm": "ln layernormalization layernormalisation",
    "group_norm": "gn groupnormalization groupnormalisation instancenorm",
    "lrn": "localresponsenorm localresponsenormalization localresponsenormalisation crossmaplrn",
    "relu": "rectifier relun rectify", "leaky_relu": "lrelu leakyrectify", "prelu": "parametricrelu",
    "elu": "exponentiallinearunit",
    "silu": "swish", "hard_swish": "hswish hardsilu", "hard_sigmoid": "hsigmoid", "sigmoid": "logistic logsig",
    "tanh": "tansig hyperbolictangent",
    "log_softmax": "logsoftmax", "softmax": "softmaxwithloss softargmax",
    "dropout": "drop alphadropout featuredropout spatialdropout", "flatten": "flat",
    "reshape": "view unflatten permute",
    "shuffle": "channelshuffle shufflechannel", "upsample": "upsampling interpolate unpool upscale",
    "pad": "zeropadding zeropad padding constantpad", "crop": "cropping", "slice": "narrow split",
    "concat": "cat concatenate merge stack", "add": "sum plus eltwise addition", "subtract": "sub minus",
    "multiply": "mul times product",
    "identity": "noop passthrough linearactivation",
    # arguments
    "stride": "strides", "kernel": "kernelsize filtersize ksize windowsize",
    "maps": "filters outchannels channels numoutput features outmaps nfilters",
    "units": "outfeatures neurons nodes outputdim hidden", "bias": "usebias biasterm", "dilation": "dilationrate rate",
    "groups": "group numgroups",
    "size": "poolsize kernelsize windowsize", "epsilon": "eps", "affine": "scaleandcenter elementwiseaffine",
    "slope": "alpha negativeslope",
    "factor": "scalefactor gamma", "mode": "interpolation", "share": "p rate prob probability dropoutrate",
    "init": "kernelinitializer initializer weightfiller",
    "rate": "lr learningrate", "decay": "weightdecay l2 wd", "beta1": "betas", "smoothing": "rho",
    "filter": "interpolation resample", "std": "stddev",
    "frozen": "trainable requiresgrad", "short": "shorter smallerside",
    # settings
    "batch": "batchsize minibatch", "epochs": "maxepochs numepochs nepochs maxiter",
    "optimizer": "optimiser solver optim", "schedule": "scheduler lrscheduler lrpolicy lrschedule",
    "loss": "criterion lossfunction objective", "clip": "gradclip clipnorm clipgradients",
    "seed": "randomseed randomstate", "average": "ema emadecay",
    "label_smoothing": "smoothing", "class_weight": "weight weights classweights",
    "stop": "earlystopping callbacks", "classes": "labels classnames numclasses",
    "prepare": "transform transforms preprocess preprocessing",
    "augment": "augmentation",
    # losses, optimisers, schedules
    "cross_entropy": "crossentropyloss categoricalcrossentropy sparsecategoricalcrossentropy nll nllloss "
      "softmaxcrossentropy logloss ce",
    "binary_cross_entropy": "bce bceloss binarycrossentropy bcewithlogits bcewithlogitsloss sigmoidcrossentropy",
    "mse": "l2 mseloss meansquarederror l2loss euclidean squarederror euclideanloss",
    "mae": "l1 l1loss meanabsoluteerror absoluteerror", "hinge": "hingeloss marginloss multimarginloss",
    "sgd": "momentumsgd stochasticgradientdescent gradientdescent nesterov", "rmsprop": "rms",
    "patience": "earlystop earlystopping",
    "cosine": "cosineannealing cosineannealinglr cosinedecay", "plateau": "reducelronplateau",
    "step": "steplr multisteplr multistep exponential", "poly": "polynomial polynomiallr", "constant": "fixed",
    "warmup": "linearwarmup linearlr",
    # steps
    "mirror": "randomhorizontalflip horizontalflip hflip flip randomflip fliplr", "rotate": "randomrotation rotation",
    "grayscale": "greyscale gray grey rgbtogray togray", "scale": "rescale totensor todtype div",
    "normalize": "normalise standardize standardise meanstd",
    "random_resized_crop": "inception_crop resizedcrop", "color_jitter": "colourjitter",
    "pca_jitter": "lighting fancypca", "invert": "randominvert negate",
    "center_crop": "centrecrop", "resize": "scaledown randomresize",
}  # fmt: skip
#: What has no name of ours: what to do, and a name that is known only where that helps.
_ADVICE = {
    "embedding lstm gru rnn attention multiheadattention selfattention transformer transformerencoder simplernn":
        ("conv", "netspec has none: it describes convolutional networks"),
    "depthwiseconv depthwiseconvolution depthwise dwconv": ("conv",
    "a group for each map: `conv(32, 3, groups: 32)` on 32 maps"),
    "separableconv depthwiseseparableconv": ("conv",
    "write its two halves: `conv(32, 3, groups: 32) -> conv(64, 1)` on 32 maps"),
    "pooling pool": ("maxpool", "write which: `maxpool(2)` or `avgpool(2)`"),
    "skip skipconnection shortcut": ("conv", "write `residual { … }`, or `[identity, …] -> add`"),
    "mish pixelshuffle depthtospace spacetodepth": ("conv", "netspec has none"),
    "activation": ("relu", "write the activation itself: `-> relu`"),
    "inputlayer": ("conv", "write `input image: 3 x 32 x 32` in the net"),
    "sequential": ("conv", "layers follow one another with `->`"),
    "lambda": ("conv", "there is no code in a spec: write a `block`"),
    "inchannels infeatures inputshape inputdim inplanes": ("bias", "the sizes that come in are known: leave it out"),
    "activationfunction activation ": ("bias", "write it behind the layer: `-> relu`"),
    "lr learningrate baselr initiallr": ("optimizer", "it is said in the optimizer: `optimizer: sgd(rate: 0.1)`"),
    "weightdecay wd l2": ("optimizer", "it is said in the optimizer: `optimizer: sgd(0.1, decay: 0.0001)`"),
    "momentum": ("optimizer", "it is said in the optimizer: `optimizer: sgd(0.1, momentum: 0.9)`"),
    "metrics": ("optimizer", "the accuracy is always printed: leave it out"),
    "datanoaug shuffle": ("optimizer", "pictures are shuffled in each epoch: leave it out"),
}  # fmt: skip


def _key(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _plain(name: str) -> str:
    """Without the number of dimensions, ``2d``, and what Keras and PyTorch hang on."""
    return re.sub(r"(?<=.)[123]d(?=transpose$|$)", "", name)


_NAMES: dict[str, list[str]] = {}
for _ours, _theirs in _OURS.items():
    for _word in _theirs.split():
        _NAMES.setdefault(_key(_word), []).append(_ours)
_TEXTS: dict[str, list[tuple[str, str]]] = {}
for _words, _advice in _ADVICE.items():
    for _word in _words.split():
        _TEXTS.setdefault(_word, []).append(_advice)


def ours(name: str, known: Collection[str]) -> str | None:
    """What we call what others call ``name``, where that is known here."""
    key = _key(name)
    if not 0 < len(key) < 40:
        return None
    alike = {_key(other): other for other in known}
    for form in dict.fromkeys((key, _plain(key), key.removesuffix("layer"), _plain(key.removesuffix("layer")))):
        if form in alike:
            return alike[form]
        found = next((other for other in _NAMES.get(form, ()) if other in known), None)
        if found is not None:
            return found
    return None


def advice(name: str, known: Collection[str]) -> str | None:
    """What to do in place of what others do with ``name``, where we have no name for it."""
    key = _plain(_key(name))
    return next((text for where, text in _TEXTS.get(key, ()) if where in known), None)
