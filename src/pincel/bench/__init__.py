"""How fast pincel is, measured beside another program on the same machine at the same time.

==============  ==========================================================================================
``plan``        what to measure, checked; the smallest number of steps that is enough
``measure``     the order of things: who works when, while all others wait
``children``    a process of one's own, asked in JSON lines
``child``       what runs in it: the roles below
``ours``        role: pincel, one step at a time
``peer``        roles: the other program, one step at a time; and its objective as a judge of finished pictures
``yardstick``   role: one convolution, the fastest this machine offers
``shell``       role: a whole ``pincel transfer``, as from a shell
``flops``       arithmetic a step needs
``clock``       seconds of work that may still be under way on an accelerator
``machine``     its name
``report``      what was found, its medians and ratios
``tables``      the same for a terminal
==============  ==========================================================================================

The process that conducts loads no torch: it takes no memory and no time from those that are measured.
"""
