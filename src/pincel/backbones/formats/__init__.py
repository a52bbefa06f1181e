"""Readers of foreign weight files: each returns convolution name → (weight OIHW with RGB input, bias)."""
