"""Networks that paint a picture in one go: trained once for a style, or for any, where optimization begins anew with every picture.

=============  ===============================================================================
``stages``     a network as data: notation of the papers → operations
``run``        operations on tensors
``spec``       what a network is: its parts, where it comes from
``network``    a spec with its weights; an any-style network with its eye
``file``       reading and writing networks, in one file each
``tiles``      large pictures a tile at a time, to the same picture; memory told beforehand
``paint``      pictures in, painted pictures out: several styles, strength, colors
``onnx``       the same for other programs
=============  ===============================================================================
"""
