"""The studio: a page in the browser over runs on the disk.

``server`` serves ``app``: the page (``static``) and an API (``routes``, with the requests and responses of ``models``). ``access``,
``auth``, ``body_limit`` and ``prefix`` decide which requests are accepted; ``errors`` answers the others. Routes share a ``studio``:
``pictures`` (uploads, checked by ``upload_inspector``) and runs. ``checks`` and ``new_runs`` turn a request into a run; ``run_store``
keeps its record (``records``) in the ``data_dir``, ``job_queue`` starts its process (``run_process``), ``event_parser`` follows the
output, and ``event_stream`` sends events to the page.

A run is a process of the command line (``commands``), so that everything the page does can be typed. The server loads no torch: it starts
at once, answers while the cores are busy, and survives a run that crashes.
"""
