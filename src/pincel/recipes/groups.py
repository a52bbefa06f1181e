"""How the values of a recipe are grouped where they are chosen: under the same titles on the command line and in the studio. Pure data."""

from __future__ import annotations

GROUPS = {
    "The picture": [
        "recipe",
        "size",
        "size_of",
        "rounding",
        "resample",
        "style_size",
        "style_scale",
        "background",
        "keep_metadata",
        "steps",
        "scales",
        "coarse_content_factor",
        "detail_transfer",
        "tolerance",
        "seed",
    ],
    "The network": ["backbone", "pooling", "pool_rounding", "padding", "activations", "calibration", "white"],
    "The objective J = αJ_content + βJ_style + γJ_tv": [
        "strength",
        "content_weight",
        "style_weight",
        "tv_weight",
        "tv",
        "convention",
        "content_layers",
        "style_layers",
        "content_terms",
        "style_terms",
        "gradients",
    ],
    "Regions": ["content_mask", "style_mask", "propagation"],
    "Color and grain": ["color", "color_match", "color_when", "degrain"],
    "The way there": ["init", "noise", "noise_level", "canvas", "optimizer", "learning_rate", "optimizer_option", "bounds"],
}
