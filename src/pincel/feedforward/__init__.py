"""Feed-forward networks: trained once for one style, or for any, they stylize an image in one pass.

==============  ============================================================================
``stages``      the papers' notation of a network → operations
``operations``  operations on tensors
``spec``        what a network is, as plain data
``network``     a spec with its weights; an any-style network with its encoder
``file``        reading and writing networks, in one file each
``tiles``       large images in tiles, to the same result; memory estimated beforehand
``stylize``     an image and styles → a stylized image: strength, colors
``onnx``        a network for other programs
``onnx_parts``  an any-style network in three parts, which keep what was measured
==============  ============================================================================
"""
