"""Pages on the papers behind the lecture: AlexNet, inversion, the three claims of Gatys et al., and the tools."""

from __future__ import annotations

from pincel.courses.declaration import CourseFigure, CoursePage, Equation
from pincel.courses.lecture import BOTH
from pincel.translation import gettext_lazy as _

# Of figures that only the course has.
OWN = "pincel course {page} --pages {page} --picture {{picture}} --painting {{painting}} --lang {{lang}}"

READINGS: tuple[CoursePage, ...] = (
    CoursePage(
        slug="alexnet",
        part="readings",
        minutes=6,
        seconds=120,
        title=_("AlexNet: ReLU, two towers, normalization, overlapping pooling"),
        text=(
            _(
                "The network of Krizhevsky, Sutskever and Hinton (2012), sections 3.1 to 3.5: ReLU in place of tanh, because it does not "
                "saturate and learns faster; filters in two towers, one a graphics card, that meet in a few layers only; normalization by "
                "the channels beside; pooling windows of 3, 2 apart, which overlap."
            ),
            _(
                "The paper's curve is of CIFAR-10, a network of four layers, and a rate chosen for each function. Here both networks learn "
                "drawn shapes of the same size, three times each, at the better of two rates, without dropout or augmentation."
            ),
        ),
        equations=(
            Equation(
                r"f(x) = \max(0, x) \qquad f(x) = \tanh(x)",
                _("Where x is large the slope of tanh is nearly 0, and nothing is learned; that of ReLU is 1 wherever x is above 0."),
            ),
            Equation(
                r"b^{i}_{x,y} = a^{i}_{x,y} \Big/ \left(k + \alpha \sum_{j=\max(0,\, i-n/2)}^{\min(N-1,\, i+n/2)} "
                r"\left(a^{j}_{x,y}\right)^2\right)^{\beta}",
                _("Local response normalization: an answer a is divided by those of the n channels beside it, at the same place."),
            ),
        ),
        figures=(
            CourseFigure(
                "response-normalization",
                pictures=(),
                show=("response",),
                command=OWN.format(page="alexnet"),
            ),
            CourseFigure("pooling-windows", pictures=(), show=("windows",), command=OWN.format(page="alexnet")),
            CourseFigure("towers", pictures=(), show=("towers", "towers-color"), command=OWN.format(page="alexnet")),
            CourseFigure(
                "ablations",
                pictures=("sample:shapes",),
                options={
                    "recipe": "alexnet-tiny-no-dropout-no-augmentation",
                    "epochs": 10,
                    "without": "tanh",
                    "target": 0.6,
                    "seeds": 3,
                    "rates": "0.003,0.01",
                },
                reveal=("figure1", "networks"),
            ),
        ),
        exercise=_(
            "In the paper the network with ReLU is down to 25 % training error six times sooner than the one with tanh. Draw the two "
            "curves you expect on ten drawn shapes, in the first ten epochs."
        ),
        answer=_(
            "These are the curves, and the table says whether the paper's claim holds here by more than chance. With few pictures and "
            "few epochs ReLU need not be ahead: a claim belongs to its data, its initial weights, its rate and its length."
        ),
        mistakes=(
            _("“ReLU is better because it is simpler.” What counts is its slope, which does not vanish where the answer is large."),
            _("“Two towers are more accurate because they are two.” They were made because one card had too little memory."),
        ),
    ),
    CoursePage(
        slug="overfitting",
        part="readings",
        minutes=5,
        seconds=40,
        title=_("AlexNet: against overfitting, and how it learns"),
        text=(
            _(
                "Sections 4.1, 4.2 and 5: 60 million parameters and 1.2 million pictures. So each picture is shown in many forms: crops, "
                "mirrors, colors a little changed along their principal components. And in each step half of the units of two dense layers "
                "are silent (dropout), so that none can rely on the others."
            ),
        ),
        equations=(
            Equation(
                r"\left[p_1, p_2, p_3\right] \left[\alpha_1 \lambda_1,\, \alpha_2 \lambda_2,\, \alpha_3 \lambda_3\right]^{T}",
                _("Added to the color of every pixel: p and λ are principal components of color and their variances, α is drawn, σ = 0.1."),
            ),
            Equation(
                r"v := 0.9\, v - 0.0005\, \varepsilon\, w - \varepsilon\, \frac{\partial L}{\partial w}, \qquad w := w + v",
                _("A step: momentum, weight decay, derivative; the rate ε is divided by 10 when the error stalls."),
            ),
        ),
        figures=(
            CourseFigure("augmentation", options={"size": 384}, show=("crops",), reveal=("along", "units")),
            CourseFigure("learning-curve", pictures=(), reveal=("learning", "rates"), command=OWN.format(page="overfitting")),
        ),
        exercise=_(
            "From a picture of 256×256, how many different crops of 224×224 are there, counting mirrors? Which of them shows a new thing?"
        ),
        answer=_(
            "33·33·2 = 2178; the paper counts 32·32·2 = 2048. None shows anything new, and they are far from independent: but no two of "
            "them are alike pixel by pixel, and the network must give the same name to all. Below, the colors of this picture moved along "
            "their principal components; and a small AlexNet that learns drawn shapes: where the validation error stalls, the rate is "
            "divided."
        ),
        mistakes=(
            _("“Dropout takes units away for good.” Others are silent in each step, and in use all of them answer, at half strength."),
            _("“Augmentation is for training only.” The paper also averages what the network says of ten crops when it is judged."),
        ),
    ),
    CoursePage(
        slug="inversion",
        part="readings",
        minutes=6,
        seconds=24,
        title=_("What a code knows: Mahendran and Vedaldi"),
        text=(
            _(
                "A layer turns a picture into a code Φ₀. Which pictures have the same code? Begin with noise and move it until its code is "
                "that of the photograph. What comes back is what the code keeps; what comes back otherwise, it has forgotten."
            ),
        ),
        equations=(
            Equation(
                r"x^{*} = \underset{x}{\text{arg min}}\; \frac{\left\| \Phi(x) - \Phi_0 \right\|^2}{\left\| \Phi_0 \right\|^2} "
                r"+ \lambda_{\alpha} R_{\alpha}(x) + \lambda_{V} R_{V^{\beta}}(x)",
                _(
                    "The energy: a loss, how far the code is from the one wanted, and two regularizers, which keep colors in range and the "
                    "picture smooth where the code says nothing."
                ),
            ),
        ),
        figures=(
            CourseFigure(
                "inversion",
                options={
                    "size": 64,
                    "steps": 60,
                    "representations": "relu1_1,relu3_1,relu5_1,hog",
                    "lambdas": "0.5,5",
                    "experiments": "table,baseline",
                },
                reveal=("table", "baseline", "errors-by-depth"),
            ),
        ),
        exercise=_(
            "The photograph is rebuilt from relu1_1, relu3_1, relu5_1, and from HOG, histograms of gradients. Which come back in color? "
            "What does more smoothing do?"
        ),
        answer=_(
            "HOG comes back gray: gradients of brightness know no color. Layers keep color for long, and lose places in the end. More "
            "smoothing takes away grain, and detail along with it; without any, the code is matched by grain that no photograph has."
        ),
        mistakes=(
            _("“There is one inverse.” Many pictures have the same code; the regularizers choose among them."),
            _("“A small error means a good picture.” The error is measured in the code, not with the eye."),
        ),
    ),
    CoursePage(
        slug="pooling",
        part="readings",
        minutes=4,
        seconds=11,
        title=_("First claim: average pooling"),
        text=(
            _(
                "Gatys, Ecker and Bethge (2015) replace maximum by average pooling: it “improves the gradient flow” and gives slightly "
                "more appealing pictures. Both can be looked at: follow the gradient on its way down, and paint twice from the same noise."
            ),
        ),
        equations=(
            Equation(
                r"y = \max_{(i,j) \in R} x_{ij} \qquad\qquad y = \frac{1}{\left|R\right|} \sum_{(i,j) \in R} x_{ij}",
                _("Of the four numbers of a window R: the largest, or their mean."),
            ),
        ),
        figures=(
            CourseFigure(
                "pooling",
                pictures=BOTH,
                options={"size": 96, "steps": 40, "repeats": 1},
                reveal=("flow-*", "pictures", "losses", "falls"),
            ),
        ),
        exercise=_(
            "Through a maximum the gradient reaches one number of four, through a mean all four, a quarter each. Which reaches more pixels?"
        ),
        answer=_(
            "The mean: it leaves no position without a share, and through several poolings that multiplies. Whether the picture is finer "
            "for it is another question: look at both, and at what is left of J."
        ),
        mistakes=(
            _("“More gradient is a better picture.” It is a shorter way; where it leads is for J to say."),
            _(
                "“The network must be trained anew.” The weights stay; only what it sees is a little different from what they were learned "
                "with."
            ),
        ),
    ),
    CoursePage(
        slug="separability",
        part="readings",
        minutes=4,
        seconds=26,
        title=_("Second claim: content and style separate"),
        text=(
            _(
                "If content and style are independent, one can be exchanged while the other is held. Two photographs are painted after two "
                "paintings, and the differences of the four pictures are parted: what follows the photograph, what the painting, what both."
            ),
        ),
        equations=(
            Equation(
                r"\sum_{i,j} \left(x_{ij} - \bar{x}\right)^2 = 2 \sum_i \left(\bar{x}_{i\cdot} - \bar{x}\right)^2 "
                r"+ 2 \sum_j \left(\bar{x}_{\cdot j} - \bar{x}\right)^2 "
                r"+ \sum_{i,j} \left(x_{ij} - \bar{x}_{i\cdot} - \bar{x}_{\cdot j} + \bar{x}\right)^2",
                _("Photograph i, painting j: an analysis of variance of features, with one number for what depends on both."),
            ),
        ),
        figures=(
            CourseFigure(
                "separability", pictures=BOTH, options={"size": 96, "steps": 30}, show=("pairs",), reveal=("maps", "grams", "distances")
            ),
        ),
        exercise=_(
            "Feature maps of the four pictures are compared, and their Gram matrices. In which of the two does the photograph explain "
            "most, and in which the painting?"
        ),
        answer=_(
            "The claim says: the photograph in the maps of deep layers, the painting in the Gram matrices. The bars say how far that is so "
            "for these pictures, and how much depends on both, and thus does not separate."
        ),
        mistakes=(
            _("“They separate entirely.” The paper says so with care: not completely. The third share measures what is left."),
            _("“Style is independent of size.” Strokes have a width in pixels: shown twice as large, a painting is another style."),
        ),
    ),
    CoursePage(
        slug="depth",
        part="readings",
        minutes=4,
        seconds=11,
        title=_("Third claim: the finest pictures come from high layers"),
        text=(
            _(
                "The content can be taken from any layer. The paper finds that matching high layers merges photograph and painting best, "
                "because only things shall stay, and not pixels. Here the content layer goes from the first to the deepest, and nothing "
                "else changes."
            ),
        ),
        equations=(
            Equation(
                r"J(G) = \alpha\, J_c^{[l]}(C, G) + \beta\, J_s(S, G), \qquad l = 1, \dots, 5",
                _("One picture for each content layer l, from the same noise, with the same style layers."),
            ),
        ),
        figures=(CourseFigure("depth", pictures=BOTH, options={"size": 96, "steps": 40}, show=("pictures",), reveal=("trade", "layers")),),
        exercise=_(
            "As the content layer gets deeper, two errors change: how far pixels are from the photograph, and how far the style is from "
            "the painting. Which way?"
        ),
        answer=_(
            "The claim says: the first grows and the second falls, for pixels that are left free can be used by the style. The curves are "
            "those of your pictures, and may disagree: at a small size the deepest layer has but a few positions."
        ),
        mistakes=(
            _("“Finest can be measured.” The errors can. Which picture is finest, people say, without knowing which is which."),
            _("“The deeper, the better.” The deepest layer may lose the thing itself."),
        ),
    ),
    CoursePage(
        slug="tools",
        part="readings",
        minutes=4,
        seconds=3,
        title=_("Tools: one network, many kinds of file"),
        text=(
            _(
                "VGG-19 came as a Caffe file, and was carried over to Torch7, Theano and Keras. The numbers are the same, but not their "
                "order: which axis is first, whether colors are RGB or BGR, whether dense layers expect rows or columns first. Whoever "
                "reads a file wrongly gets a network that runs, without an error, and sees something else."
            ),
            _(
                "Here the first four convolutions are written as each tool has them: a message of Protocol Buffers, objects of Lua, a "
                "pickled list without names, a tree of HDF5. Then each file is read, and the answers to your picture are compared."
            ),
        ),
        equations=(
            Equation(
                r"W \in \mathbb{R}^{n_C^{[l]} \times n_C^{[l-1]} \times f \times f}",
                _("The filters of a layer in files of Caffe, Torch7 and Theano: out, in, rows, columns."),
            ),
            Equation(
                r"W \in \mathbb{R}^{f \times f \times n_C^{[l-1]} \times n_C^{[l]}}",
                _("The same in files of Keras: rows, columns, in, out."),
            ),
        ),
        figures=(
            CourseFigure(
                "weight-files",
                show=("formats",),
                reveal=("readings", "seen", "distances"),
                command=OWN.format(page="tools"),
            ),
        ),
        exercise=_(
            "The filters of the first layer are read with red and blue exchanged, with rows and columns exchanged, and turned round. Which "
            "mistake is hardest to notice in a picture of a gray wall, and which in any picture?"
        ),
        answer=_(
            "On a gray wall exchanged colors change nothing, since all three are equal. In any picture, a filter that is alike in both "
            "directions hides exchanged axes. The table says how far the answers to your picture are off, and the maps what they look "
            "like; two more mistakes are made before the first layer: a mean that is not subtracted, and colors from 0 to 1."
        ),
        mistakes=(
            _("“It runs, so it was read correctly.” All of these run. Compare one answer with that of the program the file is from."),
            _("“The mean does not matter.” It is subtracted before the first layer, in the order of the colors of the file."),
        ),
    ),
)
