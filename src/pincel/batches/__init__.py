"""Batches: many pictures, each a job that an executor runs; what is done is not done again.

===============  ==================================================================
``messages``     a job, its progress and its result: plain data
``path_globs``   pictures from files, folders, patterns and samples
``names``        names of results
``jobs``         contents × styles as jobs, and their fingerprints
``table``        jobs from a CSV or TOML file
``check``        checks before any work
``runner``       the worker: one job after another
``resources``    the workers of this machine, and how they share it
``manifest``     which pictures are done
``cost``         costs of jobs, and the time they may take
``image_cache``  a cache of decoded pictures
``page``         the summary: a page with thumbnails, a table, and the data
``run``          a batch; ``batch`` is one as a function
===============  ==================================================================
"""
