"""The only package that reads, writes or resizes pictures.

- ``picture``: what a loaded image is, and the colors of its transparent pixels
- ``io``: ``load_picture`` and ``save_picture``, the interface
- ``decode``: files and Pillow images → upright sRGB arrays
- ``color``: ICC profiles, read and written
- ``encode``: tensors → Pillow images → the bytes of a file
- ``resize``: size arithmetic and resampling
- ``sheet``: captioned pictures side by side
"""
