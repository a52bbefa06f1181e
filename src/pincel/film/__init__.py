"""Films: read, cut into scenes, painted so that they do not flicker, written with their sound.

``pincel.film.flow.FLOWS`` is the table of optical flows, ``pincel.film.base.READERS`` that of kinds of film.

::

    from pincel.film.settings import Settings
    from pincel.film.whole import Filming

    filming = Filming("holiday.mp4", Path("painted.mp4"), Settings(styles=(("sample:impasto", 1.0),)))
    filming.paint()
"""
