"""The public functions, one for each verb that makes or measures something; ``import pincel`` has them all.

=============  ==============================================================================
``painting``   ``transfer``, ``texture``, ``resume``, ``plan``, ``evaluate``
``quick``      ``stylize``: a picture painted in one pass by a network trained for that; ``export``: such a network as ONNX
``sheets``     ``grid``, ``blend``: several pictures on one sheet
``many``       ``batch``: every photograph after every painting, into a folder
``movies``     ``video``: a film
``codes``      ``invert``: a picture rebuilt from its features
=============  ==============================================================================

``features`` and ``study`` are in :mod:`pincel.studies.public`, ``train`` and ``train_style`` in :mod:`pincel.classify.public`,
``predict`` in :mod:`pincel.classify.predict`.
"""
