"""Executors: tasks are done by workers in this process, in several processes, or (:mod:`pincel.cluster`) on Ray.

=============  =====================================================
``protocol``   what an executor, a worker and their events are
``serial``     one task after another, in this process
``processes``  several processes of this machine
=============  =====================================================
"""
