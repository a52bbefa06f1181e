"""The TensorFlow tutorial "Neural style transfer": tensorflow/docs, site/en/tutorials/generative/style_transfer.ipynb.

Its pixels run from 0 to 1, ours from 0 to 255: learning rate, epsilon and total variation are converted exactly.

Differs: Keras adds epsilon before the bias correction of the second moment, torch and we after it.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "tensorflow/docs, generative/style_transfer.ipynb"

RECIPE = cite(
    "tf-tutorial",
    "the tutorial of TensorFlow: content at relu5_2, Adam, strong total variation",
    "comparing with the notebook: strong smoothing, loose forms",
    size=(512, f"{CODE}, load_img: max_dim = 512"),
    size_of=("long", f"{CODE}, load_img: long_dim"),
    rounding=("floor32", f"{CODE}, load_img: tf.cast(shape * scale, tf.int32), in float32"),
    resample=("bilinear-plain", f"{CODE}, load_img: tf.image.resize, which does not antialias by default"),
    style_size=("same-rule", f"{CODE}: load_img for both"),
    steps=(1000, f"{CODE}: epochs = 10, steps_per_epoch = 100"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19", f"{CODE}: tf.keras.applications.VGG19"),
    pooling=("max", "Keras VGG19"),
    pool_rounding=("down", "Keras: padding 'valid'"),
    activations=("raw", "Keras VGG19"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, StyleContentModel.call: inputs*255.0"),
    convention=("mean", f"{CODE}, style_content_loss: tf.reduce_mean of squares; gram_matrix divides by IJ"),
    content_weight=(1e4, f"{CODE}: content_weight = 1e4"),
    style_weight=(1e-2, f"{CODE}: style_weight = 1e-2"),
    tv_weight=(30 / 255, f"{CODE}: total_variation_weight = 30, for pixels from 0 to 1"),
    tv=("summed", f"{CODE}: tf.image.total_variation"),
    content_layers=({"relu5_2": 1.0}, f"{CODE}: block5_conv2, which in Keras includes its ReLU"),
    style_layers=(
        {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2},
        f"{CODE}: block1_conv1 … block5_conv1, divided by num_style_layers",
    ),
    init=("content", f"{CODE}: tf.Variable(content_image)"),
    noise=("normal", "not used"),
    noise_level=(1.0, "not used"),
    canvas=("pixels", CODE),
    optimizer=("adam", f"{CODE}: tf.keras.optimizers.Adam"),
    learning_rate=(0.02 * 255, f"{CODE}: learning_rate=0.02, for pixels from 0 to 1"),
    optimizer_options=(
        {"beta1": 0.99, "beta2": 0.999, "eps": 0.1 / 255},
        f"{CODE}: beta_1=0.99, epsilon=1e-1, for pixels from 0 to 1; beta_2 is Keras' default",
    ),
    bounds=("clip", f"{CODE}: clip_0_1 after every step"),
)
FAST = fast(RECIPE)
