"""The equations, each a pure function: shapes in, numbers out, paper and equation in the docstring.

==================  ==========================================================
``gram``            Gram matrix of features, mean squared Gram difference (style)
``moments``         means and covariances of features, told apart (style)
``colours``         the colours of one picture given to another
``content``         mean squared feature difference (content)
``wasserstein``     sliced Wasserstein distance of features, which sees more than their Gram matrix
``neighbours``      distance of each feature to the nearest of the style
``variation``       total variation, in the published spellings
``norms``           how far colours stray from the middle (inversion)
``natural``         what natural pictures are like, in numbers
``conventions``     the factors that turn both means into each published formula
==================  ==========================================================
"""
