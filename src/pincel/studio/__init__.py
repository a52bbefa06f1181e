"""The studio: paint in the browser, on a page that this machine serves to itself.

=============  ======================================================================================
``limits``     how much of everything there may be
``models``     what the API takes and gives, as pydantic models
``home``       the folder everything is kept in
``pictures``   pictures that were uploaded: checked, shrunk, found again
``look``       the process that opens an upload, so that a bad file can harm nothing
``refs``       a picture as a run names it
``records``    a run as it is kept on the disk and told to the page
``commands``   what a run is on the command line and in Python
``checks``     a run refused at once if it could not begin
``orders``     what was asked for → a run with a folder of its own
``worker``     a process of pincel, listened to
``easel``      a run from the start of its process to its end
``follower``   what a run's process says → its record and its events
``channel``    events with numbers, for any number of listeners
``workshop``   the queue: one run at a time, cancelled, resumed, forgotten
``pruning``    which runs are too many
``forms``      settings as the page shows them, out of the recipe schema
``studies``    the studies that can be started here
``bounds``     what a request may bring: how much, and of which kind
``prefix``     the studio below a path
``guard``      who may ask: hosts, origins, the token, the headers that bind the page
``troubles``   errors as the API tells them
``small``      thumbnails, and results in other formats
``studio``     what the routes work with
``routes``     one file for each part of the API
``app``        all of it together
``server``     the port, the address, and a quick end
``static``     the page
=============  ======================================================================================

A run is a process of the command line, so that what the page does is what a person could type. The server itself loads no torch: it starts
at once, answers while the cores are busy, and outlives whatever happens to a run.
"""
