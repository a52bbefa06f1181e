"""Many machines: the jobs of a batch and the scenes of a film, painted by workers of a Ray cluster.

============  ===================================================================
``address``   finds a Ray cluster, or starts one on this machine
``store``     files at addresses such as s3://bucket/photos, read and written whole
``pool``      workers kept warm, work handed out, tried again when a worker is lost
``worker``    what runs in a process of Ray
``executor``  such workers as an executor; ``batch`` for jobs, ``scenes`` for films
``paths``     paths that mean the same from any folder
``stored``    a batch whose pictures, manifest and summary are in a store
============  ===================================================================

Who does what on which machine is left to Ray; what is here hands it one piece of work for each worker and the next when that is done.
"""
