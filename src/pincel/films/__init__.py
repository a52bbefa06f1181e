"""Films: read, cut into scenes, painted without flicker, written with their sound.

``pincel.films.flow.FLOWS`` is the table of optical flows, ``pincel.films.base.READERS`` that of kinds of film.

::

    from pincel.films.settings import FilmSettings
    from pincel.films.video_run import VideoRun

    run = VideoRun("holiday.mp4", Path("painted.mp4"), FilmSettings(styles=(("sample:impasto", 1.0),)))
    run.paint()
"""
