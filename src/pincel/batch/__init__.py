"""Many pictures: each a job by itself, painted by whatever hands there are, and none twice.

=============  ==================================================================
``messages``   a job, how far it is, what became of it: plain data
``places``     which pictures a text stands for
``names``      what results are called
``jobs``       contents × styles as jobs, and what counts as a change of one
``table``      jobs from a CSV or TOML file
``check``      whether all this can be painted, before anything is
``painter``    paints one job after another, and keeps what the next has use for
``hands``      who paints: this process, or several (``processes``)
``ledger``     what is painted already
``effort``     how much work a job is beside others, and how long all may take
``page``       the summary: a page with thumbnails, a table, and all as data
``run``        puts these together; ``paint_all`` is a batch as one function
=============  ==================================================================
"""
