"""Films: read, cut into scenes, painted without flicker, written with their sound.

``pincel.video.flow.FLOWS`` is the table of optical flows, ``pincel.video.base.READERS`` that of kinds of film.

::

    from pincel.video.settings import FilmSettings
    from pincel.video.video_run import VideoRun

    run = VideoRun("holiday.mp4", Path("painted.mp4"), FilmSettings(styles=(("sample:impasto", 1.0),)))
    run.paint()
"""
