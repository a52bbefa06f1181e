"""Teaching a network to paint: with the losses that optimisation has, on pictures of anybody's.

============  =====================================================================
``schema``    what a recipe of teaching is
``recipes``   those of the papers, and small ones for two cores
``leaves``    pictures that are drawn: leaves that lie upon each other
``pictures``  where pictures come from, and the crops that are learnt from
``lesson``    a crop in, J out: after one style, or after any
``state``     where teaching stands
``teaching``  a network being taught, step by step
``events``    what is told on the way
============  =====================================================================
"""
