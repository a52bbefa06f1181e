"""The lecture, a page a group of slides, in their order."""

from __future__ import annotations

from pincel.courses.declaration import CourseFigure, CoursePage, Equation
from pincel.translation import gettext_lazy as _

BOTH = ("picture", "painting")
# Pictures that channels are shown.
SEARCHED = (
    *BOTH,
    *("sample:lake", "sample:lighthouse", "sample:still-life", "sample:glass"),
    *("sample:woodcut", "sample:cubist", "sample:pointillism", "sample:watercolor"),
)
REBUILT = {"size": 96, "steps": 40}

LECTURE: tuple[CoursePage, ...] = (
    CoursePage(
        slug="convolution",
        part="lecture",
        minutes=5,
        seconds=2,
        title=_("Convolution: a filter laid over a picture"),
        text=(
            _(
                "A picture is a volume of numbers: n_H rows, n_W columns and n_C = 3 channels, red, green and blue. A filter is a small "
                "volume, as deep as the picture. It is laid on a place of it, each of its numbers is multiplied by the one below, and all "
                "products of all channels are added up, with a bias: one number. Slid over the whole picture, the filter gives one map."
            ),
        ),
        equations=(
            Equation(
                r"z_{ij} = b + \sum_{c=1}^{n_C} \sum_{u=1}^{f} \sum_{v=1}^{f} W_{uvc}\, x_{i+u-1,\,j+v-1,\,c}",
                _("z at row i and column j: the filter W, f×f×n_C, laid over the volume x, and the bias b."),
            ),
        ),
        figures=(CourseFigure("convolution", options={"size": 192}, show=("crop", "input"), reveal=("step", "volume", "slide", "whole")),),
        exercise=_(
            "A filter of 3×3×3 is laid over a color picture. How many products are there at one place, and how many channels has the map "
            "that comes out?"
        ),
        answer=_(
            "27 products, nine in each of red, green and blue, all of which are added up to one number with the bias. So the map has a "
            "single channel. Here is every product, the filter as a volume that slides over the picture, and the map of the whole picture."
        ),
        mistakes=(
            _("“A filter gives three maps, one for each color.” The products of the three channels are added up: one filter, one map."),
            _(
                "“A convolution flips the filter first.” In signal processing it does. Networks do not, and call convolution what is "
                "elsewhere called cross-correlation; for filters that are learned it makes no difference."
            ),
        ),
    ),
    CoursePage(
        slug="filters",
        part="lecture",
        minutes=4,
        seconds=2,
        title=_("Several filters at once: the depth n_C"),
        text=(
            _(
                "A layer has many filters of the same size. Each gives one map, and the maps are stacked: the number of filters is the "
                "depth n_C of the volume that comes out, and the filters of the next layer must be as deep as that."
            ),
        ),
        equations=(
            Equation(
                r"n^{[l]} = \left\lfloor \frac{n^{[l-1]} + 2p - f}{s} \right\rfloor + 1",
                _(
                    "Height or width of the output: n of the input, p zeros on each side (padding), filters of f×f, s from place to place "
                    "(stride)."
                ),
            ),
            Equation(
                r"n_C^{[l]} \left(f^2\, n_C^{[l-1]} + 1\right)",
                _("Numbers that a layer learns: those of its filters, and a bias each. The size of the picture is not among them."),
            ),
        ),
        figures=(
            CourseFigure("convolution", options={"size": 192}, show=("sizes",), reveal=("stack",)),
            CourseFigure("filters", options={"size": 192}, show=("tiles-own",), reveal=("answers",)),
        ),
        exercise=_(
            "224×224×3 goes into a layer of 64 filters of 3×3 with padding 1 and stride 1. What size comes out, and how many numbers does "
            "the layer learn? And with padding 0 and stride 2?"
        ),
        answer=_(
            "224×224×64, for (224 + 2 − 3)/1 + 1 = 224, and 64·(9·3 + 1) = 1792 numbers. With padding 0 and stride 2 it is ⌊(224 − 3)/2⌋ + "
            "1 = 111, so 111×111×64, and still 1792 numbers. Here are some filters, their maps, and the stack of them; then what each of "
            "the 64 answers to the picture."
        ),
        mistakes=(
            _(
                "“The depth of the output depends on that of the input.” It is the number of filters. The depth of the input is the depth "
                "of each filter."
            ),
            _("“A larger picture needs more parameters.” The same filters are slid over more places."),
        ),
    ),
    CoursePage(
        slug="activation",
        part="lecture",
        minutes=3,
        seconds=2,
        title=_("Activation of a layer"),
        text=(
            _(
                "After a convolution, what is negative is cut off: that is ReLU. The maps that are left are the activation of the layer: "
                "large where the picture has what a filter looks for, and 0 where it does not."
            ),
        ),
        equations=(
            Equation(
                r"a^{[l]} = \max\left(0, z^{[l]}\right), \qquad z^{[l]} = W^{[l]} * a^{[l-1]} + b^{[l]}",
                _("a is the activation of layer l; the picture is layer 0."),
            ),
        ),
        figures=(
            CourseFigure(
                "activations",
                options={"size": 192, "channels": 16},
                show=("picture", "maps-relu1_1", "maps-relu3_1"),
                reveal=("zeros", "maps-relu5_1"),
            ),
        ),
        exercise=_(
            "Before ReLU hardly any number is exactly 0. Which share of them is 0 after it? Will the last layers be fuller than the first, "
            "or emptier?"
        ),
        answer=_(
            "Most often emptier: deep filters look for something rare, and are silent on most of the picture. The curve is that of this "
            "picture, and below it are the strongest maps of the last block."
        ),
        mistakes=(
            _("“A bright map is a bright part of the picture.” It says where the filter found its pattern, which may well be a dark edge."),
            _("“A channel that is 0 everywhere is broken.” It finds nothing in this picture; another one may wake it."),
        ),
    ),
    CoursePage(
        slug="architectures",
        part="lecture",
        minutes=4,
        seconds=1,
        title=_("Architectures: n_H and n_W fall, n_C grows"),
        text=(
            _(
                "VGG-19 has sixteen convolutions of 3×3 in five blocks. Between blocks, pooling halves n_H and n_W, and the next block has "
                "twice as many filters, up to 512. At the end three dense layers name what the picture shows. Style transfer has no use "
                "for them: it stops at the convolutions."
            ),
            _(
                "AlexNet, two years older, has five convolutions, with larger filters in the first ones, and two towers: one for each "
                "graphics card, which see each other's maps in a few layers only."
            ),
        ),
        equations=(
            Equation(
                r"224^2 \times 64 \to 112^2 \times 128 \to 56^2 \times 256 \to 28^2 \times 512 \to 14^2 \times 512 \to 7^2 \times 512",
                _("n_H × n_W × n_C of the five blocks of VGG-19, and what its dense layers receive, for a picture of 224×224."),
            ),
        ),
        figures=(CourseFigure("network", options={"size": 224}, show=("volumes", "sizes", "beside"), reveal=("shares", "totals")),),
        exercise=_(
            "VGG-19 has 143.7 million parameters. Where are most of them: in the first convolutions, in the last ones, or in the dense "
            "layers? And where is most of the work?"
        ),
        answer=_(
            "123.6 million are in the three dense layers, and 102.8 million of these in the first alone: 7·7·512 = 25,088 inputs times "
            "4,096. The convolutions have 20 million, but 99 % of the multiplications, since each filter is used at every place."
        ),
        mistakes=(
            _("“Pooling changes n_C.” Each map is shrunk by itself, and there are as many as before."),
            _(
                "“Pictures must have 224×224 pixels.” Only dense layers ask for a size. Convolutions take any, and style transfer has "
                "nothing else."
            ),
        ),
    ),
    CoursePage(
        slug="layers",
        part="lecture",
        minutes=3,
        seconds=45,
        title=_("Layers 1, 3 and 5: what excites them"),
        text=(
            _(
                "To find out what a channel looks for, it is shown many pictures, and the places where it answers most are kept (Zeiler "
                "and Fergus, 2013). The first layer answers to edges and colors, the middle ones to textures, the deep ones to parts of "
                "things, over an ever larger part of the picture."
            ),
            _(
                "Here the two pictures, the samples of pincel and 16 pictures of leaves, which it draws, are searched at three sizes; each "
                "may give a channel three patches. How many places that makes stands in the table. With a folder of your photographs the "
                "patches of deep channels are clearer: parts of things take hundreds of pictures."
            ),
        ),
        equations=(
            Equation(
                r"r^{[l]} = r^{[l-1]} + \left(f^{[l]} - 1\right) \prod_{k<l} s^{[k]}",
                _("Receptive field: side, in pixels, of the square that one position of layer l depends on; r is 1 for a pixel."),
            ),
        ),
        figures=(
            CourseFigure(
                "patches",
                pictures=SEARCHED,
                options={"size": 352, "channels": "3", "leaves": 16, "each": 3},
                show=("patches-relu1_1", "patches-relu3_1"),
                reveal=("fields", "patches-relu5_1", "layers"),
            ),
        ),
        exercise=_("You see the patches of channels of the first and of the third layer. How large are those of the fifth, and how alike?"),
        answer=_(
            "Larger: a position of relu5_1 depends on 156×156 pixels, one of relu3_1 on 24×24, one of relu1_1 on 3×3. And less alike pixel "
            "by pixel: what they have in common is what is there, not how it is lit or where it stands."
        ),
        mistakes=(
            _(
                "“The channel recognizes the thing in its best patch.” It answers to something in the patch: look for what all of them "
                "have in common."
            ),
            _("“A position of a deep layer sees the whole picture.” It sees a square of it, and the middle counts for most."),
        ),
    ),
    CoursePage(
        slug="objective",
        part="lecture",
        minutes=4,
        seconds=60,
        title=_("Style transfer: C, S and G"),
        text=(
            _(
                "A photograph C gives the content, a painting S the style, and a picture G is sought that has both. Content is what is "
                "where: a deep layer of a network still knows that, and has forgotten the single pixels. Style is what occurs together, "
                "wherever it is: colors, strokes, and how they go together."
            ),
        ),
        equations=(
            Equation(
                r"G = \underset{G}{\text{arg min}}\; \alpha\, J_c(C, G) + \beta\, J_s(S, G)",
                _("G is the picture whose costs are least: J_c is how far its content is from that of C, J_s its style from that of S."),
            ),
        ),
        figures=(
            CourseFigure(
                "three-pictures",
                pictures=BOTH,
                show=("three",),
                command="pincel transfer {picture} {painting} -o result.png --size 256 --steps 60",
            ),
            CourseFigure("reconstruct", pictures=BOTH, options=REBUILT, reveal=("content", "style")),
        ),
        exercise=_(
            "Begin with noise. If G has to match only C, in a deep layer, what does it look like in the end? And if it has to match only "
            "the style of S?"
        ),
        answer=_(
            "The first shows the things of the photograph, and the deeper the layer, the less of their colors and fine detail. The second "
            "is a texture: strokes and colors of the painting, and nothing in its place. Both are rebuilt from noise here, from one layer "
            "each, and from more and more layers."
        ),
        mistakes=(
            _("“The network paints.” It measures, and says of each pixel which way it must change. The optimizer moves the pixels."),
            _("“Style is the colors.” They are a part of it. Compare the last texture with the painting: strokes are there too."),
        ),
    ),
    CoursePage(
        slug="problem",
        part="lecture",
        minutes=5,
        seconds=6,
        title=_("The traditional problem, and that of style transfer"),
        text=(
            _(
                "In the traditional problem data are given, and the weights of a network are moved until it is right. In style transfer "
                "the weights are given, and the picture is moved. Same network, same chain rule: what differs is with respect to what the "
                "derivative is taken."
            ),
        ),
        equations=(
            Equation(
                r"\theta := \theta - \eta\, \frac{\partial L(\theta;\, x, y)}{\partial \theta}",
                _("Learning: weights θ move, pictures x and labels y are fixed; η is the learning rate."),
            ),
            Equation(
                r"G := G - \eta\, \frac{\partial J(G;\, \theta)}{\partial G}",
                _("Style transfer: pixels G move, weights θ are fixed."),
            ),
        ),
        figures=(
            CourseFigure(
                "problem", pictures=BOTH, options={"steps": 150}, show=("loops", "weights", "pixels"), reveal=("curves", "gradients")
            ),
        ),
        exercise=_("A G of 512×384 pixels is made with VGG-19. How many numbers are moved, and how many are fixed?"),
        answer=_(
            "512·384·3 = 589,824 numbers are moved: the pixels. Fixed are the 20 million weights of the convolutions. In learning it is "
            "the other way round. Below, what falls in either loop, and both derivatives checked by moving a single number."
        ),
        mistakes=(
            _("“The network learns the painting.” Not one of its weights changes."),
            _("“It takes many paintings.” One is enough: nothing is learned that has to hold for others."),
        ),
    ),
    CoursePage(
        slug="weights",
        part="lecture",
        minutes=3,
        seconds=60,
        title=_("J(G) and its weights α, β, γ"),
        text=(
            _(
                "The objective is a sum of three costs: content, style, and total variation. Only the ratios of α, β and γ matter: with "
                "all three doubled, J is twice as large and the best G is the same."
            ),
        ),
        equations=(
            Equation(
                r"J(G) = \alpha\, J_c(C, G) + \beta\, J_s(S, G) + \gamma\, J_{tv}(G)",
                _("J_c compares with the photograph, J_s with the painting; J_tv looks at G alone."),
            ),
        ),
        figures=(CourseFigure("objective", pictures=BOTH, show=("weights",), reveal=("terms",)),),
        exercise=_(
            "From α = 100, β = 1000, γ = 2: predict what happens to each of the three costs, and to J, when α alone is ten times as large. "
            "And when all three are ten times as large? What is G when all three are 0? Then move them."
        ),
        answer=_(
            "J_c falls and J_s rises: less of one is paid for with more of the other, and the weights are the price. J rises all the same, "
            "for what is dearer adds more to it: a lower J under other weights says nothing about the picture. Ten times all three: the "
            "same picture, J ten times as large. All three 0: J is 0 for every G, and the noise of the start stays."
        ),
        mistakes=(
            _(
                "“With α = β both count the same.” The costs have scales of their own: a ratio means something only beside the formulas it "
                "was used with."
            ),
            _("“The lower J, the finer the picture.” Only under the same weights: under others, J measures something else."),
        ),
    ),
    CoursePage(
        slug="content",
        part="lecture",
        minutes=3,
        seconds=1,
        title=_("Content cost"),
        text=(
            _(
                "C and G are shown to the network, and the activations of one deep layer are compared, place by place and channel by "
                "channel."
            ),
        ),
        equations=(
            Equation(
                r"J_c(C, G) = \frac{1}{4\, n_H n_W n_C} \sum_{i,j,k} \left(a^{[l](C)}_{ijk} - a^{[l](G)}_{ijk}\right)^2",
                _("a: activation of layer l for C and for G, at row i, column j and channel k."),
            ),
        ),
        figures=(
            CourseFigure("reconstruct", pictures=BOTH, options=REBUILT, show=("content",), reveal=("content-curve", "content-errors")),
        ),
        exercise=_(
            "Which of these layers would you take the content from, if the strokes are to be those of a painting? Why not the one that "
            "gives the photograph back best?"
        ),
        answer=_(
            "relu1_1 gives it back nearly pixel by pixel, and that is why it is of no use: it leaves strokes no room. A deep layer such as "
            "relu4_2 keeps what is where, and lets the pixels change. The curves say how much of the error is left, layer by layer."
        ),
        mistakes=(
            _("“One might as well compare pixels.” Then G becomes C: a stroke beside its place costs as much as a wrong thing."),
            _("“J_c = 0 means that G is C.” It means that the layer cannot tell them apart."),
        ),
    ),
    CoursePage(
        slug="gram",
        part="lecture",
        minutes=5,
        seconds=2,
        title=_("Style: the Gram matrix"),
        text=(
            _(
                "Style is which filters answer together. The activation is unrolled: each channel becomes a row, so that nothing says any "
                "more which numbers were neighbors. The product of two rows is large if both filters answer at the same places."
            ),
        ),
        equations=(
            Equation(
                r"A \in \mathbb{R}^{n_H \times n_W \times n_C} \;\longrightarrow\; A \in \mathbb{R}^{n_C \times n_H n_W}",
                _("Unrolled: a row for each channel, a column for each position."),
            ),
            Equation(
                r"\mathcal{G} = A A^{T}, \qquad \mathcal{G}_{km} = \sum_{i,j} a_{ijk}\, a_{ijm}",
                _("The Gram matrix: a number for each pair of channels k and m."),
            ),
        ),
        figures=(
            CourseFigure(
                "correlations",
                pictures=("painting",),
                options={"size": 192, "layers": "relu1_1,relu3_1"},
                show=("unrolled*", "gram-relu1_1", "gram-relu3_1", "cells-relu3_1"),
                reveal=("pairs",),
            ),
        ),
        exercise=_(
            "What size is the Gram matrix of relu3_1 for a painting of 512×512 pixels, and what for 1024×1024? What changes in it if all "
            "positions of the maps are shuffled, alike in all channels?"
        ),
        answer=_(
            "256×256 both times: relu3_1 has 256 channels, and the matrix asks for nothing else. Shuffled, it stays as it is: a sum does "
            "not ask where its numbers were. Below are pairs of filters that go together, and pairs that do not, with their maps."
        ),
        mistakes=(
            _("“The matrix says where two filters answer together.” It says how much, and never where."),
            _("“The diagonal is 1.” That is so for correlations. Here it says how strongly each filter answers by itself."),
        ),
    ),
    CoursePage(
        slug="style",
        part="lecture",
        minutes=3,
        seconds=2,
        title=_("Style cost"),
        text=(
            _(
                "The Gram matrices of S and G are compared, layer by layer, and the differences are added up, each with a weight λ. "
                "Shallow layers know fine grain and color, deep ones larger forms."
            ),
        ),
        equations=(
            Equation(
                r"J_s^{[l]}(S, G) = \frac{1}{4\, n_C^2 \left(n_H n_W\right)^2} \sum_{k,m} "
                r"\left(\mathcal{G}^{[l](S)}_{km} - \mathcal{G}^{[l](G)}_{km}\right)^2",
                _("Of one layer: the squared differences of all pairs of channels."),
            ),
            Equation(r"J_s(S, G) = \sum_l \lambda^{[l]}\, J_s^{[l]}(S, G)", _("Of all style layers.")),
        ),
        figures=(
            CourseFigure("reconstruct", pictures=BOTH, options=REBUILT, show=("style",)),
            CourseFigure("correlations", pictures=BOTH, options={"size": 192}, reveal=("style-distance",)),
        ),
        exercise=_(
            "The style is rebuilt from noise with one layer, with two, and so on up to five. What grows from picture to picture? And in "
            "which layer are photograph and painting farthest apart?"
        ),
        answer=_(
            "The pieces of the painting that are right: one position of a deeper layer sees a larger part of it. The table has the deck's "
            "J_s between the photograph and the painting; the layers live on different scales, which the weights λ have to make up for."
        ),
        mistakes=(
            _("“One layer is enough.” With relu1_1 alone there are the right colors in grains, and no strokes."),
            _("“S and G must be of one size.” A Gram matrix is n_C×n_C for any size; only the number of positions must be divided out."),
        ),
    ),
    CoursePage(
        slug="total-variation",
        part="lecture",
        minutes=3,
        seconds=2,
        title=_("Total variation"),
        text=(
            _(
                "The third cost looks at no photograph, no painting and no network, only at G: how much do neighboring pixels differ? It "
                "keeps G smooth where the two others leave it open."
            ),
        ),
        equations=(
            Equation(
                r"J_{tv}(G) = \frac{1}{n_H n_W n_C} \left( \sum \left| \Delta x \right| + \sum \left| \Delta y \right| \right)",
                _("Δx: the pixel on the right less this one; Δy: the pixel below less this one; in each channel."),
            ),
        ),
        figures=(
            CourseFigure("total-variation", options={"size": 160, "steps": 80}, show=("maps", "crop"), reveal=("smoothed", "profile")),
        ),
        exercise=_(
            "Which picture has the least J_tv there is? And what is left of a noisy picture if γ is too small, and if it is too large?"
        ),
        answer=_(
            "One of a single color: its J_tv is 0. With γ too small the noise stays; with γ too large detail goes along with it. Below, γ "
            "grows to the right; absolute differences, as in the deck, leave edges and make steps, squared ones blur."
        ),
        mistakes=(
            _("“A small J_tv is a good picture.” It is a smooth one. A gray wall is the best of all."),
            _("“J_tv compares G with C.” It compares G with itself, one pixel aside."),
        ),
    ),
    CoursePage(
        slug="training",
        part="lecture",
        minutes=3,
        seconds=24,
        title=_("Training: from noise to a picture"),
        text=(
            _(
                "G begins as noise. In each iteration it is shown to the network, J is computed, and backpropagation tells its derivative "
                "with respect to every pixel; then all pixels move a little against it. C and S are shown once: their activations and Gram "
                "matrices stay the same."
            ),
        ),
        equations=(
            Equation(
                r"G := G - \eta\, \frac{dJ(G)}{dG}",
                _("In the deck η is 1. Adam and L-BFGS find the length of each step by themselves."),
            ),
        ),
        figures=(
            CourseFigure(
                "process", pictures=BOTH, options={"size": 96, "steps": 80}, show=("process",), reveal=("objective", "ways", "strip")
            ),
        ),
        exercise=_(
            "J falls fast in the first iterations and slowly later on. Would it fall ten times as fast with a rate ten times as large? And "
            "which of the three rules, gradient descent, Adam and L-BFGS, is lowest in the end?"
        ),
        answer=_(
            "Ten times as fast only up to a point: a step that is too long goes past the valley, J rises, and pixels leave their range. "
            "That is why Adam and L-BFGS choose each step by what the derivative did before. Below is J of the three rules, from the same "
            "noise: an iteration costs them the same."
        ),
        mistakes=(
            _("“Each iteration needs other pictures.” It is the same C and S each time; nothing is trained but the pixels."),
            _(
                "“It has to begin with noise.” It may begin with the photograph too, which is faster and leaves less to chance; noise "
                "gives another picture for each seed."
            ),
        ),
    ),
    CoursePage(
        slug="choices",
        part="lecture",
        minutes=2,
        seconds=62,
        title=_("Choices: network, layers, weights, optimizer"),
        text=(
            _(
                "What is left to choose: the network and its pooling; the content layer; the style layers and their weights λ; α, β and γ; "
                "the start; the optimizer and its rate; the size. Each changes the picture, and few have one right value."
            ),
        ),
        equations=(),
        figures=(CourseFigure("choices", pictures=BOTH, show=("pairs",), reveal=("terms",)),),
        exercise=_(
            "Cover the right picture of a pair with your hand and say what you will see. Which choices change the picture most? In which "
            "pairs do both pictures make the very same J small, and differ all the same?"
        ),
        answer=_(
            "Most of all the network, α, too few steps and a rate that is too large. J is the same in start, seed, optimizer, rate and "
            "steps. Start and seed show that it has many good G: where one begins decides which of them is found. In the other three one "
            "of the two has not arrived. The table has the three costs of each picture, all measured by the same formulas."
        ),
        mistakes=(
            _("“There are best values.” There are some that suit a pair of pictures, and a taste."),
            _("“Change several at once, to be quicker.” Then nobody knows which of them it was."),
        ),
    ),
)
