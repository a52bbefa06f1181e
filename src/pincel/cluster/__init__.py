"""Ray clusters: the jobs of a batch and the scenes of a film, done by workers on many machines.

============  ======================================================================
``address``   finds a Ray cluster, or starts one on this machine
``store``     files at addresses such as s3://bucket/photos, whole or not at all
``pool``      a pool of workers; tasks are tried again when a worker is lost
``worker``    the actor of a Ray process
``executor``  such a pool as an executor; ``batch`` for jobs, ``scenes`` for films
``paths``     absolute paths
``stored``    a batch whose pictures, manifest and summary are in a store
============  ======================================================================
"""
