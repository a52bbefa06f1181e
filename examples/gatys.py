"""Neural style transfer after Gatys, Ecker and Bethge (arXiv:1508.06576, 2015): python examples/gatys.py photo.jpg painting.jpg out.png.

A picture G, at first noise, is optimized until VGG-19 computes for it the features of a photograph C and the correlations of a painting S.
"""

import argparse

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.nn.functional import avg_pool2d, conv2d, relu

from pincel.backbones.formats import Weights
from pincel.backbones.vgg_specs import VGG19
from pincel.backbones.weights import load_weights

ALPHA, BETA, GAMMA = 1, 2e-4, 100  # α, β, γ: weights of content, style and total variation
CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2}  # each with its weight λ
MEAN = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)  # the mean color of the photographs VGG-19 was trained on


def load(path: str, size: int) -> torch.Tensor:
    """Return a picture as (1, 3, n_H, n_W), RGB from 0 to 255, its longer side ``size`` pixels."""
    picture = ImageOps.contain(ImageOps.exif_transpose(Image.open(path)).convert("RGB"), (size, size), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(picture, dtype=np.float32)).permute(2, 0, 1).unsqueeze(0).contiguous()


def features(picture: torch.Tensor, weights: Weights) -> dict[str, torch.Tensor]:
    """Return the activations of VGG-19 after each ReLU, ``relu1_1`` to ``relu5_4``, as A = (n_C, n_H·n_W)."""
    x, activations = picture - MEAN, {}
    for layer, (kernels, bias) in weights.items():
        x = avg_pool2d(x, 2) if layer in ("conv2_1", "conv3_1", "conv4_1", "conv5_1") else x  # the paper averages instead of max pooling
        x = relu(conv2d(x, kernels, bias, padding=1))
        activations[layer.replace("conv", "relu")] = x[0].flatten(start_dim=1)
    return activations


def gram(a: torch.Tensor) -> torch.Tensor:
    """Return A·Aᵀ/(n_H·n_W), (n_C, n_C): which features occur together. Divided here, so that G and S may differ in size."""
    return a @ a.T / a.shape[1]


def objective(g: torch.Tensor, a_g: dict[str, torch.Tensor], a_c: torch.Tensor, a_s: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return J of the picture G, from the activations of G, of C at the content layer, and of S."""
    j_content = (a_c - a_g[CONTENT_LAYER]).square().sum() / (4 * a_c.numel())  # J_content = 1/(4·n_H·n_W·n_C) · Σ (a_C − a_G)²
    # J_style = Σ_l λ_l · J_style^l,  J_style^l = 1/(4·n_C²·(n_H·n_W)²) · ΣΣ (Gram_S − Gram_G)²; (n_H·n_W)² is in gram()
    j_style = sum(w * (gram(a_s[n]) - gram(a_g[n])).square().sum() / (4 * len(a_g[n]) ** 2) for n, w in STYLE_LAYERS.items())
    j_tv = (g.diff(dim=3).abs().sum() + g.diff(dim=2).abs().sum()) / g.numel()  # J_tv = 1/(n_H·n_W·n_C) · Σ (|Δ_x G| + |Δ_y G|)
    return ALPHA * j_content + BETA * j_style + GAMMA * j_tv  # J(G) = α·J_content + β·J_style + γ·J_tv


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, optimize a picture from noise, and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("photo", "painting", "out"):
        parser.add_argument(name)
    parser.add_argument("--size", type=int, default=256, help="longer side in pixels")
    parser.add_argument("--steps", type=int, default=200, help="steps of the optimizer")
    args = parser.parse_args(arguments)
    photo, weights = load(args.photo, args.size), load_weights(VGG19)
    a_c, a_s = features(photo, weights)[CONTENT_LAYER], features(load(args.painting, args.size), weights)
    g = (MEAN + torch.empty_like(photo).uniform_(-20, 20)).requires_grad_()
    optimizer = torch.optim.Adam([g], lr=10)  # gray levels a step
    for step in range(args.steps):
        j = objective(g, features(g, weights), a_c, a_s)
        optimizer.zero_grad()
        j.backward()
        optimizer.step()
        print(f"step {step}: J = {j:.5g}")
    Image.fromarray(g.detach()[0].permute(1, 2, 0).clamp(0, 255).round().byte().numpy()).save(args.out)


if __name__ == "__main__":
    main()
