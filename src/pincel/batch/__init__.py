"""Many pictures: each a job by itself, run by an executor, and none twice.

===============  =================================================================
``messages``     a job, how far it is, what became of it: plain data
``path_globs``   which pictures a text stands for
``names``        what results are called
``jobs``         contents × styles as jobs, and what counts as a change of one
``table``        jobs from a CSV or TOML file
``check``        whether all this can be painted, before anything is
``runner``       runs one job after another, and keeps what the next has use for
``resources``    the workers of this machine, and what each may use of it
``manifest``     what is painted already
``cost``         how much work a job is beside others, and how long all may take
``image_cache``  pictures that are read once
``page``         the summary: a page with thumbnails, a table, and all as data
``run``          puts these together; ``paint_all`` is a batch as one function
===============  =================================================================
"""
