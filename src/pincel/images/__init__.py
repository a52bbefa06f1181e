"""The only room that reads, writes or resizes pictures.

- ``picture``: what a loaded picture is, and the colors under transparent pixels
- ``io``: ``load_picture`` and ``save_picture``, the two doors of the room
- ``decode``: files and Pillow images → upright sRGB arrays
- ``color``: ICC profiles, read and written
- ``encode``: tensors → Pillow images → the bytes of a file
- ``resize``: size arithmetic and resampling
- ``sheet``: captioned pictures side by side
"""
