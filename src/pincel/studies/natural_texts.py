"""Texts of the page about natural pictures that do not depend on results."""

from __future__ import annotations

from pincel.translation import gettext_lazy as _

TITLE = _("Caricatures, and what single channels want")
LEAD = _(
    "Which picture excites a layer most, among those that still look like pictures? First it is to say more of what the layer saw in a "
    "photograph, which makes a caricature of it; then one channel alone is to answer as much as it can. {layers} layers of {backbone}, "
    "{steps} steps, {size} pixels at most."
)
CARICATURE = _(
    "Each picture starts as the photograph itself. What a layer answers to it, Φ(x₀), is taken as a direction, and the picture is moved "
    "so that its own answer reaches ever further that way: what the layer saw a little of, it then sees a lot of. Look for what grows: in "
    "shallow layers it can only be as small as what they see, edges and their colors; in deep ones it may be whole parts of things."
)
CARICATURE_FORMULA = (
    _("x* = argmin_x  −C·⟨Φ(x), w⟩ + λ_α·R_α(x) + λ_β·R_β(x);  w = [Φ(x₀)]₊ / ‖[Φ(x₀)]₊‖²,  so that ⟨Φ(x₀), w⟩ = 1;  C = {weight:g}"),
    _(
        "Mahendran, Vedaldi 2016 (IJCV), “Visualizing Deep Convolutional Neural Networks Using Natural Pre-images”: caricaturization; "
        "exp_enhance.m of aravindhm/nnpreimage, where C is 1"
    ),
)
REGULARIZERS = _(
    "Nothing in that direction says where to stop, and most pictures on the way are noise to us. Four things keep them natural: long "
    "colors cost ever more (R_α), and so does variation between neighbors (R_β); no color may be further than 160 gray levels from the "
    "mean; and the network's view is shifted at random by up to a quarter of the layer's stride from step to step, so that no pattern can "
    "rely on its exact place."
)
REGULARIZERS_FORMULA = (
    "R_α = 1/(H·W)·Σ (Σ_c x_c²)^(α/2);  R_β = 1/(H·W)·Σ ((Δ₁x)² + (Δ₂x)²)^(β/2);  α = 6, β = 2, λ_α = 1/80⁶, λ_β = (6.5/80)², |x_ij| ≤ 160",
    _("The same paper; constants of its get_defaults.m, AdaGrad with momentum 0.9. The best picture is kept, not the last"),
)
MAXIMUM = _(
    "Now the direction is one channel at the position in the middle, and the picture starts as noise. It is about as large as what that "
    "one unit sees. How much its answer weighs against the regularizers is measured by M, the largest answer that any of {photographs} "
    "photographs gets from the channel; the channels are the ones the photograph excites most, unless they were named. Units at 0 have no "
    "gradient, so the convolution before the ReLU is maximized."
)
MAXIMUM_FORMULA = (
    _("x* = argmin_x  −10⁴/(ρ²·M_c) · a_c(middle; x) + λ_α·R_α(x) + λ_β·R_β(x);  ρ: side of what the unit sees"),
    _(
        "The same paper: activation maximization; its exp_maximization.m and get_neuron_stats.m (M of some 1300 photographs); no leak in "
        "the ReLUs, as in exp_all.m"
    ),
)
NATURAL = _(
    "The measure of the paper: which share of all gradients points where, 18 directions, and how much of that a picture has in common "
    "with the photograph (for channels, with the mean of the {photographs} photographs). It is coarse, since noise has all directions and "
    "so have many photographs; so the share of fine detail stands beside it: of the variance of brightness, what has periods under four "
    "pixels."
)
NATURAL_FORMULA = (
    "h_b(x) = Σ_{θ∈b} |∇x| / Σ |∇x|;  n(x) = Σ_b min(h_b(x), h_b(x₀))",
    _("Mahendran, Vedaldi 2016 (IJCV), gradient histogram intersection; exp_naturalness.m, with Sobel's differences"),
)
CARICATURE_TABLE = _(
    "As saved: ⟨Φ, w⟩ (the photograph has 1), gradients in common with the photograph, fine detail; and the same without regularizers."
)
CHANNEL_TABLE = _(
    "Of each picture for a channel, in 8 bits: ⟨Φ, w⟩ of the noise and of the picture, the answer of its unit, the largest that "
    "photographs get."
)
COLUMNS = {
    "layer": _("layer"),
    "channel": _("channel"),
    "regularized": _("regularized"),
    "before": _("noise ⟨Φ, w⟩"),
    "after": _("⟨Φ, w⟩ reached"),
    "answer": _("answer"),
    "largest": _("in photographs"),
    "times": _("answer / that"),
    "naturalness": _("gradients in common"),
    "fineness": _("fine detail"),
    "free_after": _("reached, free"),
    "free_naturalness": _("in common, free"),
    "free_fineness": _("fine detail, free"),
}
