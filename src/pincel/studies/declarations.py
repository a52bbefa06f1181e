"""What each study takes: its options, its pictures and its help, in the order of a lecture. No torch is loaded here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.studies.study_spec import InputSpec, StudySpec, option

# More maps, one behind the other, are no figure.
MOST_STACKED = 12


@dataclass(frozen=True)
class ConvolutionOptions:
    """Options of the study convolution."""

    channel: int | None = option(
        "Channel of the first layer, from 0.", metavar="K", shown="one with both signs in the crop", name="filter", minimum=0
    )
    at: str | None = option("Center, in pixels of the resized picture.", metavar="X,Y", shown="where contrast is greatest")
    crop: int | None = option("Side of the crop shown in numbers, up to 14.", metavar="N", shown="the kernel's and 3 more", minimum=1)
    kernel: str | None = option("sobel-vertical, sobel-horizontal, blur, sharpen or laplacian, on the picture in gray.", metavar="NAME")
    stack: int = option("Filters whose maps are drawn and stacked, up to 12.", 6, metavar="K", minimum=2)

    def __post_init__(self) -> None:
        if not 2 <= self.stack <= MOST_STACKED:
            raise OptionError(one_line("stack: so many maps cannot be drawn", f"{self.stack}", f"2 to {MOST_STACKED}", "6"))


@dataclass(frozen=True)
class FiltersOptions:
    """Options of the study filters."""

    layer: str | None = option("Convolution whose filters are shown.", metavar="NAME", shown="the first")
    channels: int | None = option("Filters shown.", metavar="N", shown="64; of a deeper layer 6", minimum=1)


@dataclass(frozen=True)
class ActivationsOptions:
    """Options of the study activations."""

    layers: str | None = option("Layers whose maps are shown.", metavar="NAMES", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    channels: int = option("Maps that are shown of each layer, the most active first.", 64, metavar="N", minimum=1)


@dataclass(frozen=True)
class NetworkOptions:
    """Options of the study network."""

    beside: str = option("The network beside it.", "alexnet2012", metavar="NAME")


# Gray level of white: noise is no larger.
WHITEST = 255
# More patches than that are no figure.
MOST = 100
# Patches that one of few photographs gives a channel.
FROM_FEW = 3
# Pictures of sample:leaves.
LEAVES = 96
# All pictures that come with pincel.
SAMPLES = "sample:scenes sample:styles"
# Sizes of a photograph, each half the one before: the last has a 32nd of its sides.
SIZES = 6


@dataclass(frozen=True)
class PatchesOptions:
    """Options of the study patches."""

    layers: str | None = option("Layers to search, with commas.", metavar="NAMES", shown="relu1_1,relu3_1,relu5_1")
    channels: str = option("Number of channels, the most selective ones; or the channels: 0,5,17; or one channel: 5,", "9", metavar="LIST")
    top: int = option("Patches of each channel.", 9, metavar="N")
    each: int | None = option(
        "Patches of these that one photograph may give, apart from each other.", metavar="N", shown="3; 1 of many photographs"
    )
    sizes: int = option("Sizes at which each photograph is searched, each half the one before.", 3, metavar="N")
    leaves: int = option("Pictures of sample:leaves, which pincel draws, that are searched as well.", 0, metavar="N", minimum=0)
    explain: str = option(
        "How to show the pixels that excite a channel: guided, deconvolution, gradient or none.", "guided", metavar="NAME"
    )
    recursive: bool = option("Search folders inside folders too.", False, local=True)

    def __post_init__(self) -> None:
        if not 1 <= self.top <= MOST:
            raise OptionError(one_line("top: so many patches cannot be shown", f"{self.top}", f"1 to {MOST}", "9"))
        if self.each is not None and not 1 <= self.each <= MOST:
            raise OptionError(one_line("each: a photograph cannot give so many patches", f"{self.each}", f"1 to {MOST}", "3"))
        if not 1 <= self.sizes <= SIZES:
            raise OptionError(one_line("sizes: so small nothing can be seen", f"{self.sizes}", f"1 to {SIZES}", "3"))

        if not 0 <= self.leaves <= LEAVES:
            raise OptionError(one_line("leaves: so many are not drawn", f"{self.leaves}", f"0 to {LEAVES}", "24"))

    def each_of(self, photographs: int) -> int:
        """Return how many patches each of so many photographs may give: of two for each place, one is enough."""
        return self.each or (1 if photographs >= 2 * self.top else FROM_FEW)


@dataclass(frozen=True)
class MaximizeOptions:
    """Options of the study maximize."""

    layer: str | None = option("Layer of the channels.", metavar="NAME", shown="relu4_1")
    channels: str = option("Number of channels, the most selective ones; or the channels: 0,5,17; or one channel: 5,", "6", metavar="LIST")
    objective: str = option("Objective: channel (mean), neuron (middle) or direction.", "channel", metavar="NAME")
    parameterisation: str = option("Parametrization of pictures: fourier, pixels or both.", "fourier", metavar="NAME")
    robust: str = option("Random transforms at each step: all, jitter or none.", "all", metavar="NAME")


@dataclass(frozen=True)
class ProblemOptions:
    """Options of the study problem."""

    classes: str = option("Textures to learn, two or more of sample:textures.", "stripes,checks,dots,clouds", metavar="NAME,…")
    rate: float = option("Learning rate of the weights.", 0.05, metavar="η", minimum=0)

    def __post_init__(self) -> None:
        if len({part.strip() for part in self.classes.split(",")}) < 2:
            raise OptionError(one_line("classes: there is nothing to tell apart", f"'{self.classes}'", "two or more", "stripes,dots"))
        if not 0 < self.rate < math.inf:
            raise OptionError(one_line("rate: no such learning rate", f"{self.rate:g}", "a number above 0", "0.05"))


@dataclass(frozen=True)
class CorrelationsOptions:
    """Options of the study correlations."""

    layers: str | None = option("Layers measured.", metavar="NAME,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    channels: int = option("Channels of a layer in a heat map: the strongest.", 64, metavar="N", minimum=1)


@dataclass(frozen=True)
class TotalVariationOptions:
    """Options of the study total-variation."""

    gammas: str | None = option("Weights γ of the total variation.", metavar="γ,…", shown="1,4,16")
    noise: float = option("Noise put on the picture: standard deviation in gray levels.", 20.0, metavar="SD", minimum=0)

    def __post_init__(self) -> None:
        if not 0 < self.noise <= WHITEST:
            raise OptionError(one_line("noise: no such noise", f"{self.noise:g}", f"a number above 0, up to {WHITEST}", "20"))


@dataclass(frozen=True)
class ObjectiveOptions:
    """Options of the study objective."""

    alphas: str | None = option("Weights α of the content.", metavar="α,…", shown="0,100,1000")
    betas: str | None = option("Weights β of the style.", metavar="β,…", shown="0,100,1000")
    gammas: str | None = option("Weights γ of the total variation.", metavar="γ,…", shown="0,2,20")
    layer: str | None = option("Content layer.", metavar="NAME", shown="relu3_1")
    recipe: str = option("Recipe of the pictures.", "gatys2015", metavar="NAME|FILE.toml")


@dataclass(frozen=True)
class ProcessOptions:
    """Options of the study process."""

    layer: str | None = option("Content layer.", metavar="NAME", shown="relu2_1")
    ratio: float = option("Weight of the content against that of the style.", 0.5, metavar="α/β", minimum=0)
    gamma: float = option("Weight of the total variation.", 2000.0, metavar="γ", minimum=0)
    rate: float | None = option(
        "Learning rate of gradient descent.", metavar="η", shown="one whose first step moves pixels by 3 gray levels", minimum=0
    )
    recipe: str = option("Recipe of the pictures.", "gatys2015", metavar="NAME|FILE.toml")

    def __post_init__(self) -> None:
        for name, value, least in (("ratio", self.ratio, 0.0), ("rate", 1.0 if self.rate is None else self.rate, 0.0)):
            if not least < value < math.inf:
                raise OptionError(one_line(f"{name}: no such number", f"{value:g}", "a number above 0", f"leave --{name} out"))
        if not 0 <= self.gamma < math.inf:
            raise OptionError(one_line("gamma: no such weight", f"{self.gamma:g}", "0 or more", "2000"))


@dataclass(frozen=True)
class ChoicesOptions:
    """Options of the study choices."""

    only: str | None = option(
        "Choices to show: network, pooling, content-layer, style-layers, lambda, alpha, gamma, start, seed, optimizer, rate, steps, size.",
        metavar="NAME,…",
        shown="all",
    )
    recipe: str = option("Recipe of the pictures.", "gatys2015", metavar="NAME|FILE.toml")


@dataclass(frozen=True)
class ReconstructOptions:
    """Options of the study reconstruct."""

    figure: str = option("Content layers: 2015 (relu1_1 … 5_1) or cvpr2016 (relu1_2 … 5_2).", "2015", metavar="NAME", name="set")
    pooling: Literal["avg", "max"] = option("Pooling: avg (as in the paper) or max (as trained).", "avg")


@dataclass(frozen=True)
class GridOptions:
    """Options of the study grid."""

    ratios: str | None = option(
        "Weights of the content against the style, a column each.", metavar="α/β,…", shown="1e-5,1e-4,1e-3,1e-2, as in the paper, 0.1,1"
    )
    recipe: str = option("Recipe of the pictures.", "gatys2015-fast", metavar="NAME|FILE.toml")


@dataclass(frozen=True)
class PoolingOptions:
    """Options of the study pooling."""

    repeats: int = option("Seeds to paint from, with either pooling.", 3, metavar="N", minimum=1)
    recipe: str = option("Recipe of the pictures.", "gatys2015", metavar="NAME|FILE.toml")


@dataclass(frozen=True)
class SeparabilityOptions:
    """Options of the study separability."""

    other_content: str = option("The second photograph.", "sample:lake", metavar="PICTURE", picture=True)
    other_style: str = option("The second painting.", "sample:glass", metavar="PICTURE", picture=True)
    recipe: str = option("Recipe of the pictures.", "gatys2015-fast", metavar="NAME|FILE.toml")


@dataclass(frozen=True)
class DepthOptions:
    """Options of the study depth."""

    layers: str | None = option("Content layers, a picture each.", metavar="LAYER,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu5_1")
    ratio: float = option("Weight of the content against that of the style.", 0.3, metavar="α/β", minimum=0)
    recipe: str = option("Recipe of the pictures.", "gatys2015-fast", metavar="NAME|FILE.toml")


# More pictures in a row are too small to compare.
MOST_REPEATS = 16


@dataclass(frozen=True)
class InversionOptions:
    """Options of the study inversion."""

    representations: str | None = option(
        "With commas: NETWORK:LAYER, a layer of --backbone, hog, hogb, dsift; * and ? for several.",
        metavar="LIST",
        shown="relu1_1 to relu5_1, hog, hogb, dsift",
    )
    lambdas: str | None = option("Weights of the total variation: the larger, the smoother.", metavar="LIST", shown="0.5,5,50")
    recipe: str = option("mahendran2015, mahendran2016 or plain.", "mahendran2015", metavar="NAME")
    experiments: str | None = option("Experiments, with commas.", metavar="LIST", shown="table,invariance,locality,baseline")
    repeats: int = option("Starts of the experiment on invariance.", 3, metavar="N", minimum=1)

    def __post_init__(self) -> None:
        if not 2 <= self.repeats <= MOST_REPEATS:
            raise OptionError(one_line("repeats: so many starts cannot be compared", f"{self.repeats}", f"2 to {MOST_REPEATS}", "4"))


@dataclass(frozen=True)
class NaturalOptions:
    """Options of the study natural."""

    layers: str | None = option("Layers used.", metavar="LIST", shown="relu1_2,relu2_2,relu3_4,relu4_4,relu5_4")
    channels: str = option(
        "Number of channels of each layer, those that PHOTOGRAPH excites most; or the channels: 3,17; or one channel: 3,",
        "4",
        metavar="LIST",
    )
    # C of caricatures, one of the weights codes have in the paper: with the 1 of its caricatures, pictures of 96 pixels are smoothed away.
    weight: float = option("Weight of caricatures against the terms that smooth them; the paper has 1.", 20.0, metavar="C", minimum=0)

    def __post_init__(self) -> None:
        if not 0 < self.weight < math.inf:
            raise OptionError(f"--weight {self.weight:g}: give a number above 0.")


# More draws show nothing new.
MOST_DRAWN = 24
# Of the noise of recipes of training, too.
LARGEST_SIGMA = 10


@dataclass(frozen=True)
class AugmentationOptions:
    """Options of the study augmentation."""

    draws: int = option("Crops, colors and dropouts drawn, up to 24.", 5, metavar="N", minimum=1)
    sigma: float = option("Standard deviation of α, of the color noise.", 0.1, metavar="σ", minimum=0)
    dropout: float = option("Probability of each unit to be off.", 0.5, metavar="p", minimum=0)
    training: str | None = option("Draw the errors of this training, of 'pincel train', too.", metavar="FOLDER", local=True)

    def __post_init__(self) -> None:
        if not 1 <= self.draws <= MOST_DRAWN:
            raise OptionError(one_line("draws: so many cannot be shown", f"{self.draws}", f"1 to {MOST_DRAWN}", "5"))
        if not 0 <= self.sigma <= LARGEST_SIGMA:
            raise OptionError(one_line("sigma: no such noise", f"{self.sigma:g}", f"0 to {LARGEST_SIGMA}", "0.1"))
        if not 0 < self.dropout < 1:
            raise OptionError(one_line("dropout: no such probability", f"{self.dropout:g}", "a number between 0 and 1", "0.5"))


@dataclass(frozen=True)
class CompareOptions:
    """Options of the study compare."""

    content: str | None = option("Judge both by J: the photograph. With --record: where it is now.", metavar="FILE", picture=True)
    style: tuple[str, ...] = option(
        "Judge both by J: the painting, repeatable. With --record: where it is now.", (), metavar="FILE[=w]", picture=True
    )
    recipe: str | None = option("Recipe whose J compares the two.", metavar="NAME|FILE.toml", shown="pincel")
    record: str | None = option("The record of A, which pincel transfer wrote beside it.", metavar="FILE.json", local=True)
    layers: str | None = option("Layers measured.", metavar="NAME,…", shown="relu1_1,relu2_1,relu3_1,relu4_1,relu4_2,relu5_1")


STUDIES: Mapping[str, StudySpec] = {
    "convolution": StudySpec(
        summary="A convolution step by step: input, kernel, sum, bias, ReLU; the filter as a volume, k filters, k maps.",
        help="""Work out a convolution on a small crop of IMAGE: input, kernel, every product, sum, bias, ReLU.

The kernel is a filter of the first layer, and the number that comes out is compared with the network's own; or one made by hand, with
--kernel. Then the kernel moves over the crop and over the picture, a volume as deep as its input; --stack K draws K filters, their K
maps, and the stack of them. The page says how large the output of such a layer is, by a formula that is checked.""",
        inputs=(InputSpec("photograph", "The picture.", default="sample:harbour", metavar="[IMAGE]"),),
        options=ConvolutionOptions,
        size=224,
        examples=(
            "pincel study convolution -o convolution",
            "pincel study convolution sample:lighthouse -o sobel --kernel sobel-vertical --at 60,40 --crop 5 --size 128 --stack 3",
        ),
    ),
    "filters": StudySpec(
        summary="The filters of the first layer in color, and what they answer to.",
        help="""Show the filters of the first layer in color, what each is in numbers, and what it answers to IMAGE.

Edges of brightness, edges of color, flat colors: how many of each has the network learned? Try also --backbone random-cnn, which has
learned nothing. Deeper filters see maps, not colors, and are shown as one small tile for each map.""",
        inputs=(InputSpec("photograph", "The picture.", default="sample:harbour", metavar="[IMAGE]"),),
        options=FiltersOptions,
        size=224,
        examples=(
            "pincel study filters -o filters",
            "pincel study filters sample:lake -o conv2_1 --layer conv2_1 --channels 2 --size 96",
        ),
    ),
    "activations": StudySpec(
        summary="Feature maps of layers: ever smaller, ever more of them.",
        help="""Show what every layer of a network answers to IMAGE: feature maps, ever smaller, ever more of them.

The page has the shape of every layer (n_H and n_W shrink, n_C grows), its memory, how many of its numbers are 0, which channels are
dead, the most active maps of the layers chosen, and three channels of each laid over the picture: what do layers 1, 3 and 5 look for?""",
        inputs=(InputSpec("photograph", "The picture.", metavar="IMAGE"),),
        options=ActivationsOptions,
        size=224,
        examples=(
            "pincel study activations sample:harbour -o activations",
            "pincel study activations sample:lighthouse -o mapas --layers relu1_2,relu3_4 --channels 16 --size 128 --lang es",
        ),
    ),
    "network": StudySpec(
        summary="All of VGG-19 to scale, dense part included, and AlexNet with its two towers beside it.",
        help="""Draw a whole network to scale, from the picture to the answer, and another one beside it: by default VGG-19 and AlexNet.

n_H and n_W fall, n_C grows, three dense layers and softmax stand at the end; AlexNet has two towers. The page has the size of every
layer, its parameters and its share of the work, by formula, and what style transfer keeps of the network for IMAGE.

No weights are loaded, so that networks nobody published weights for can be drawn too ('pincel backbones' lists them).""",
        inputs=(InputSpec("photograph", "The picture.", default="sample:harbour", metavar="[IMAGE]"),),
        options=NetworkOptions,
        size=512,
        examples=(
            "pincel study network -o network",
            "pincel study network sample:lake -o redes --backbone vgg16 --beside alexnet-torchvision --lang es",
        ),
    ),
    "patches": StudySpec(
        summary="Of a folder of photographs, the nine patches that excite each channel most.",
        help="""Find the patches that excite each channel most, in a folder of photographs.

Zeiler and Fergus (2013) asked a network what it had learned by showing it many photographs and keeping, for a channel, the nine places
where it answered most. Shallow channels turn out to look for edges and colors, deeper ones for textures, then for parts of things.

DIR is a folder of photographs; several folders, single files and sample:NAME go as well, and sample:scenes and sample:styles add the
samples. Without any, all samples are searched. Each photograph is opened, searched at three sizes and forgotten, so a folder may be
larger than the memory; files that cannot be read are left out and named. Beside each patch stands which of its pixels made the channel
answer: guided backpropagation (Springenberg 2015), the deconvolution of Zeiler and Fergus, or the plain gradient. Ctrl-C keeps what is
found.""",
        inputs=(InputSpec("folders", "A folder of photographs, or single ones.", many=True, default=SAMPLES, metavar="[DIR...]"),),
        options=PatchesOptions,
        size=224,
        examples=(
            "pincel study patches -o patches --leaves 4 --size 96 --layers relu1_1,relu2_1",
            "pincel study patches sample:harbour sample:woodcut -o patches --size 96 --layers relu3_1 --channels 0,5,17 --lang es",
        ),
    ),
    "maximize": StudySpec(
        summary="Pictures that excite a channel more than any photograph.",
        help="""Make, from noise, the picture that a channel answers to most.

With the network held fixed, the picture is changed step by step along the gradient of the channel's answer (Erhan 2009). Left alone,
this finds grain that no photograph has; two remedies of Olah, Mordvintsev and Schubert (2017) are on by default: pictures are written
as spectra scaled as in photographs, and at each step they are shifted, scaled and turned a little (--robust).

Without a list, the channels most selective for the pictures that come with pincel are taken. The page shows each picture beside the
sample that reaches most. The library lucid takes 512 steps; 64 are enough to see what is wanted. Ctrl-C keeps the pictures so far.""",
        inputs=(),
        options=MaximizeOptions,
        size=128,
        steps=64,
        examples=(
            "pincel study maximize -o maximize --layer relu2_1 --channels 2 --size 48 --steps 8",
            "pincel study maximize -o maximize --layer relu3_1 --channels 5,17 --size 48 --steps 4 --objective neuron "
            "--parameterisation both",
        ),
    ),
    "problem": StudySpec(
        summary="The usual problem and style transfer: weights moved, then pixels moved.",
        help="""Put learning beside style transfer, on one tiny network: data fixed and weights moved, then weights fixed and pixels moved.

A network of three convolutions learns to tell textures apart: loss and accuracy. Then its weights are held, and the same network
paints CONTENT after STYLE from noise: J and the picture. What is given, what moves, and what is differentiated with respect to what?

The network is trained on the spot. Ctrl-C ends either loop with what is there.""",
        inputs=(
            InputSpec("content", "The photograph.", default="sample:harbour", metavar="[CONTENT]"),
            InputSpec("style", "The painting.", default="sample:impasto", metavar="[STYLE]"),
        ),
        options=ProblemOptions,
        network=False,
        size=96,
        steps=200,
        examples=(
            "pincel study problem -o problem",
            "pincel study problem sample:lake sample:woodcut -o problema --classes stripes,clouds --steps 60 --size 64 --lang es",
        ),
    ),
    "correlations": StudySpec(
        summary="Which filters go together: Gram matrices, of one picture or of many paintings.",
        help="""Show which filters answer together in IMAGE: the Gram matrix, which style transfer calls style.

Of one picture: Gram and correlation matrices of each layer, sorted into families, the pairs of filters most and least alike with their
maps, and how much such a matrix says. Of two: where their matrices differ, and the deck's J_style layer by layer. Of three or more, or
a folder of paintings: how far every two styles are apart, and a map of them.""",
        inputs=(InputSpec("pictures", "One picture, two, or more.", many=True, metavar="IMAGE"),),
        options=CorrelationsOptions,
        size=224,
        examples=(
            "pincel study correlations sample:impasto -o style --size 96 --layers relu3_1",
            "pincel study correlations sample:impasto sample:woodcut sample:cubist -o styles --size 96 --layers relu2_1",
        ),
    ),
    "total-variation": StudySpec(
        summary="Differences between neighboring pixels as maps, J_tv as a number, γ small and large.",
        help="""Show how much neighboring pixels of IMAGE differ: Δx and Δy as maps, and J_tv, the sum of them, as a number.

Noise is put on the picture and taken off again by a small objective, content and γ·J_tv of the pixels themselves, with γ small and
large: what does too little leave, and what does too much take along? Absolute differences, as in the deck, stand beside squared ones.""",
        inputs=(InputSpec("photograph", "The picture.", default="sample:harbour", metavar="[IMAGE]"),),
        options=TotalVariationOptions,
        network=False,
        size=192,
        steps=120,
        examples=(
            "pincel study total-variation -o variation",
            "pincel study total-variation sample:lighthouse -o variacion --gammas 4,64 --noise 30 --size 128 --lang es",
        ),
    ),
    "objective": StudySpec(
        summary="J = α·J_content + β·J_style + γ·J_tv: three weights to move, the picture and its terms.",
        help="""Paint CONTENT after STYLE under every choice of α, β and γ, and show the picture that the sliders of the page choose.

Beside it stand J_content, J_style and J_tv by the formulas of the deck, what each adds to J, and their sum, as numbers and as bars;
'pincel evaluate' measures the same. Choices of the same ratio share a picture, since nothing but the ratio decides which is best: 20
pictures for 27 choices. Ctrl-C ends with the pictures there are.""",
        inputs=(
            InputSpec("content", "The photograph.", default="sample:harbour", metavar="[CONTENT]"),
            InputSpec("style", "The painting.", default="sample:impasto", metavar="[STYLE]"),
        ),
        options=ObjectiveOptions,
        size=128,
        steps=40,
        examples=(
            "pincel study objective -o objective",
            "pincel study objective sample:lake sample:glass -o objetivo --alphas 0,300 --betas 0,1000 --gammas 0,5 --lang es",
        ),
    ),
    "process": StudySpec(
        summary="From noise to picture: a film of gradient descent, Adam and L-BFGS, with J and its terms.",
        help="""Paint CONTENT after STYLE from noise by gradient descent, Adam and L-BFGS, and show every part of the way.

Training as in the deck: G starts at random, and G := G − η·∂J/∂G. A short film and a strip have the picture after more and more
steps, with J and its terms beside it; all three rules begin with the same noise, and their steps cost the same. --recipe has the
objective, but for the weights and the content layer given here. Ctrl-C ends with what is there.""",
        inputs=(
            InputSpec("content", "The photograph.", default="sample:harbour", metavar="[CONTENT]"),
            InputSpec("style", "The painting.", default="sample:impasto", metavar="[STYLE]"),
        ),
        options=ProcessOptions,
        size=112,
        steps=60,
        examples=(
            "pincel study process -o process",
            "pincel study process sample:lake sample:glass -o proceso --ratio 2 --layer relu3_1 --size 64 --steps 20 --lang es",
        ),
    ),
    "choices": StudySpec(
        summary="Network, layers, weights, start, optimizer: each choice with two pictures.",
        help="""Paint CONTENT after STYLE as a rule, and once more for each choice that style transfer leaves, with that one thing changed.

Network, pooling, content layer, style layers and their λ, α against β, γ, start, seed, optimizer and its rate, steps, size: two pictures
beside each other, what to look at, and the command that makes each. --only shows some of them. Ctrl-C ends with the pictures there are.""",
        inputs=(
            InputSpec("content", "The photograph.", default="sample:harbour", metavar="[CONTENT]"),
            InputSpec("style", "The painting.", default="sample:impasto", metavar="[STYLE]"),
        ),
        options=ChoicesOptions,
        size=160,
        steps=30,
        examples=(
            "pincel study choices -o choices",
            "pincel study choices sample:lake sample:glass -o elecciones --only content-layer,start --size 96 --steps 15 --lang es",
        ),
    ),
    "reconstruct": StudySpec(
        summary="Content and style rebuilt layer by layer (figure 1 of Gatys et al.).",
        help="""Rebuild the photograph CONTENT from single layers, and the painting STYLE from its Gram matrices, from white noise.

Figure 1 of Gatys, Ecker, Bethge 2015: low layers give the photograph back nearly pixel by pixel, high layers keep what is there and
forget the pixels; Gram matrices of more and more layers give ever larger pieces of the painting. Ten pictures, by L-BFGS on the
original network. Ctrl-C ends with those that are there.""",
        inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
        options=ReconstructOptions,
        size=160,
        steps=70,
        examples=(
            "pincel study reconstruct sample:harbour sample:impasto -o figure1 --size 64 --steps 10",
            "pincel study reconstruct sample:lake sample:glass -o figura1 --set cvpr2016 --lang es --size 64 --steps 5",
        ),
    ),
    "grid": StudySpec(
        summary="Style layers against α/β (figure 3 of Gatys et al.).",
        help="""Paint CONTENT after STYLE with more and more style layers (rows) and more and more weight on the content (columns).

Figure 3 of Gatys, Ecker, Bethge 2015: normalized network, average pooling, from white noise; thirty pictures, each measured at every
layer. 'pincel grid' varies any other option. Ctrl-C ends with the pictures there are.""",
        inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
        options=GridOptions,
        size=112,
        steps=50,
        examples=(
            "pincel study grid sample:harbour sample:impasto -o figure3 --ratios 1e-4,1e-2 --size 64 --steps 5",
            "pincel study grid sample:lake sample:cubist -o figura3 --ratios 1e-3 --lang es --size 64 --steps 5",
        ),
    ),
    "pooling": StudySpec(
        summary="Average against maximum pooling: does the gradient flow better?",
        help="""Put average against maximum pooling: paint CONTENT after STYLE with either, from the same noise.

The claim of Gatys, Ecker, Bethge 2015 is that average pooling improves the gradient flow and gives slightly more appealing pictures.
The study follows the gradient of the deepest layer down to the picture, plots the losses of the same runs, lets either network judge
both pictures, and tells what comes out.""",
        inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
        options=PoolingOptions,
        size=160,
        steps=60,
        examples=(
            "pincel study pooling sample:harbour sample:impasto -o pooling --size 64 --steps 10 --repeats 1",
            "pincel study pooling sample:lake sample:glass -o pooling --lang es --size 64 --steps 5 --repeats 2",
        ),
    ),
    "separability": StudySpec(
        summary="Is content independent of style? One exchanged, the other held.",
        help="""Exchange the content while the style is held, and the style while the content is held: CONTENT, STYLE, and another of each.

The claim of Gatys, Ecker, Bethge 2015 is that the two are separable. Four pictures are painted and measured against all four sources,
and their differences parted: what follows the photograph, what the painting, what both. A fifth to eighth show how α/β trades one for
the other.""",
        inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
        options=SeparabilityOptions,
        size=160,
        steps=40,
        examples=(
            "pincel study separability sample:harbour sample:impasto -o separability --size 64 --steps 5",
            "pincel study separability sample:harbour sample:impasto -o separability --other-content sample:still-life "
            "--other-style sample:woodcut --lang es --size 64 --steps 5",
        ),
    ),
    "depth": StudySpec(
        summary="Are the finest pictures those with content from high layers?",
        help="""Paint CONTENT after STYLE once for each content layer, shallow to deep, with everything else the same.

Gatys, Ecker, Bethge 2015 say that the finest pictures come from high layers (2016, figure 5: relu2_2 against relu4_2). The study shows
the pictures, measures what each keeps of the photograph and takes of the painting, layer by layer, and tells what comes out.""",
        inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
        options=DepthOptions,
        size=192,
        steps=40,
        examples=(
            "pincel study depth sample:harbour sample:impasto -o depth --size 64 --steps 10",
            "pincel study depth sample:lighthouse sample:glass -o depth --layers relu2_2,relu4_2 --lang es --size 64 --steps 5",
        ),
    ),
    "inversion": StudySpec(
        summary="Photographs rebuilt from layers, HOG and SIFT: what does a code know?",
        help="""Rebuild photographs from what a network, HOG or dense SIFT says of them: the experiments of Mahendran and Vedaldi 2015.

A representation turns a picture into a code. Noise is changed until its code is that of the photograph: what comes back is what the
code keeps. The study shows it for several representations and several amounts of smoothing, with the error of each (table); from
several starts, to see what a code leaves free (invariance); from 5×5 neurons alone, or half of the channels, to see what part of a
picture they determine (locality); and without any regularizer (baseline). What the paper found is put to the test on your picture.

PHOTOGRAPH is a file, a folder or sample:NAME. With two or more, errors are also given as the paper publishes them, against the
distances between photographs; pictures of different shapes are cropped to squares for that. All but the table is about the first.

A network whose weights are not there is left out, and the page says how to get them. Ctrl-C keeps the runs that are finished.
mahendran2016 counts smoothing in another unit: without --lambdas, its own weight, a tenth of it and ten times as much are tried.""",
        inputs=(InputSpec("photograph", "The picture.", many=True, metavar="PHOTOGRAPH..."),),
        options=InversionOptions,
        size=80,
        steps=80,
        examples=(
            "pincel study inversion sample:harbour -o inversion --representations relu1_1,hog,hogb "
            "--experiments table,baseline --size 48 --steps 5",
            "pincel study inversion sample:harbour sample:lake -o inversion --representations relu1_1,dsift --lambdas 0.5,5 "
            "--experiments table --size 64 --steps 5 --lang es",
        ),
    ),
    "natural": StudySpec(
        summary="What a layer sees, exaggerated; pictures for a channel, kept natural.",
        help="""Exaggerate what layers see in PHOTOGRAPH, and draw natural pictures for single channels.

Two of the three views of Mahendran and Vedaldi (2016); the third, pictures rebuilt from their codes, is 'pincel invert'. A caricature
starts from the photograph and is moved so that the layer sees more of what it saw in it. A picture for one channel starts from noise
and is moved so that one unit answers more. What keeps them natural: long colors and variation cost something, colors are bounded,
and the network's view is shifted at random. Beside them stand the same runs without any of that, and how natural either is, by its
gradients.

The paper takes 300 steps and pictures of 227 pixels: --steps 300 --size 227 --weight 1, for an evening. 'pincel study maximize' draws
channels in another manner, with spectra and turns. Ctrl-C keeps the pictures so far.""",
        inputs=(InputSpec("photograph", "The picture."),),
        options=NaturalOptions,
        size=96,
        steps=32,
        examples=(
            "pincel study natural sample:harbour -o natural --layers relu2_2 --channels 2 --size 48 --steps 5",
            "pincel study natural sample:lake -o natural --layers relu1_2,relu3_1 --channels 3,17 --size 48 --steps 3",
        ),
    ),
    "augmentation": StudySpec(
        summary="What keeps AlexNet from learning by heart: crops, mirrors, color noise, dropout.",
        help="""Show IMAGE as AlexNet is shown it in training, never twice alike, and draw the dropout of a layer.

Crops of 224 out of 256 and their mirrors, drawn on the picture; the principal components of its colors, and what noise along them adds
(section 4.1 of Krizhevsky et al. 2012); which units of a dense layer are off in several draws, and how a factor keeps the expectation
after training (section 4.2). --training FOLDER draws the errors of a run of 'pincel train', and where its rate was divided (section 5).""",
        inputs=(InputSpec("photograph", "The picture.", default="sample:harbour", metavar="[IMAGE]"),),
        options=AugmentationOptions,
        network=False,
        size=512,
        examples=(
            "pincel study augmentation -o augmentation",
            "pincel study augmentation sample:still-life -o aumento --draws 8 --sigma 0.3 --dropout 0.8 --seed 7 --lang es",
        ),
    ),
    "compare": StudySpec(
        summary="Two pictures, every term layer by layer, one over the other.",
        help="""Compare A and B: one over the other, pixel by pixel and layer by layer, in content and in style.

With --content and --style both are judged by every term of J, as 'pincel evaluate' does, side by side. With --record, A is the result
of a run: it is compared with its photograph, and the page shows how the run went, what it was asked for, and whether the picture is as
good as its record says.""",
        inputs=(InputSpec("first", "One picture."), InputSpec("second", "The other.")),
        options=CompareOptions,
        size=384,
        together="A [B]",
        examples=(
            "pincel study compare sample:impasto sample:watercolor -o compared --size 96",
            "pincel study compare sample:harbour sample:lake -o judged --content sample:harbour --style sample:impasto --size 96",
        ),
    ),
}
