"""The equations, each a pure function: shapes in, numbers out, paper and equation in the docstring.

==================  ==========================================================
``gram``            Gram matrix of features, mean squared Gram difference (style)
``moments``         distances of means and covariances of features (style)
``wasserstein``     sliced Wasserstein distance of two sets of features (style)
``neighbors``       nearest neighbors of features in the style, and the distance to them (style)
``hypercolumns``    features of several layers as one vector (style)
``content``         mean squared feature difference (content)
``similarity``      difference of self-similarity matrices (content)
``conventions``     the factors that turn these means into each published formula
``variation``       total variation, in the published spellings
``temporal``        consistency of the frames of a film
``norms``           norms of a picture's colors (inversion)
``pyramid``         Laplacian pyramids
``color``           color transfer from one picture to another
``oklab``           the color space Oklab, and the hues of one picture in another
``guided``          the guided image filter
``correlation``     correlations of channels (studies)
``metrics``         PSNR and other differences of two pictures
``natural``         statistics of natural pictures
``sums``            the precision to add many numbers up in
==================  ==========================================================
"""
