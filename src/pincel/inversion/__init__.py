"""Pictures rebuilt from their codes: of a layer of a network, HOG, DSIFT, or any differentiable function."""
