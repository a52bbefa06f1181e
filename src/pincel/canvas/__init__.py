"""Clay: what the optimiser moves, and where it starts.

==========  ==========================================
``pixels``  the picture itself, in the network's pixel units
``start``   content, noise, style, a blend, or a picture
==========  ==========================================
"""
