"""cysmith/neural-style-tf with its default options: neural_style.py.

Its content term, K Σ(F-P)² with K = 1/(2·√N·√M), grows with the side of the picture.

Differs: the program stretches a style picture to the shape of the content, which we never do, and does not enlarge a content that is
smaller than its size. Its L-BFGS-B is SciPy's, with a line search.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "cysmith/neural-style-tf, neural_style.py"

RECIPE = cite(
    "cysmith",
    "cysmith/neural-style-tf as it comes: average pooling, content 5, style 1e4, 1000 steps of L-BFGS",
    "large motifs of the painting: its weights favour deep layers",
    size=(512, f"{CODE}, --max_size 512"),
    size_of=("long", f"{CODE}, get_content_image: the larger of width and height"),
    rounding=("floor", f"{CODE}, get_content_image: int"),
    resample=("torch7", f"{CODE}, get_content_image: cv2.INTER_AREA in float, which averages the same intervals"),
    style_size=("same-rule", "ours: the program stretches the style to the shape of the content"),
    steps=(1000, f"{CODE}, --max_iterations 1000"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, f"{CODE}, --seed 0"),
    backbone=("vgg19", f"{CODE}, --model_weights imagenet-vgg-verydeep-19.mat, the original VGG-19"),
    pooling=("avg", f"{CODE}, --pooling_type avg"),
    pool_rounding=("up", f"{CODE}, pool_layer: padding 'SAME'"),
    activations=("raw", f"{CODE}: the weights as they are"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, preprocess: 0-255 minus vgg19_mean"),
    convention=("rooted", f"{CODE}, content_layer_loss: K = 1/(2 N**0.5 M**0.5); style_layer_loss: 1/(4 N**2 M**2)"),
    content_weight=(5.0, f"{CODE}, --content_weight 5e0"),
    style_weight=(1e4, f"{CODE}, --style_weight 1e4"),
    tv_weight=(1e-3, f"{CODE}, --tv_weight 1e-3"),
    tv=("summed", f"{CODE}, stylize: tf.image.total_variation(net['input'])"),
    content_layers=({"conv4_2": 1.0}, f"{CODE}, --content_layers conv4_2, before its ReLU; its bias, added later, cancels out"),
    style_layers=(
        {"relu1_1": 0.04, "relu2_1": 0.04, "relu3_1": 0.04, "relu4_1": 0.04, "relu5_1": 0.04},
        f"{CODE}, --style_layer_weights 0.2 each; sum_style_losses divides by their number once more",
    ),
    init=("content", f"{CODE}, --init_img_type content"),
    noise=("uniform", f"{CODE}, get_noise_image: np.random.uniform"),
    noise_level=(20.0, f"{CODE}, get_noise_image: -20 to 20"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}, --optimizer lbfgs"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 10}, "default of SciPy's L-BFGS-B: maxcor 10"),
    bounds=("free", f"{CODE}, postprocess: clips the result"),
)
FAST = fast(RECIPE)
