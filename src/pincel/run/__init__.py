"""One painting, from inputs to record.

====================  ==========================================================================
``machine``           where a run works: device, precision, memory, tiles, processes, cache
``inputs``            the pictures and masks, opened and found again; ``images``, in the sizes of a run
``plan``              scales, layouts, memory and time, from shapes alone
``objective``         a recipe and images → the objective of one size
``scales``            plan, inputs and machine → objective, optimizer and start of each scale
``run``               iterates over scales and yields events
``checkpoint``        writes the state of a run, and builds the run again from it
``report``            events, plan and inputs → result, record, contact sheet
``worker``            a process that shares the work of another
====================  ==========================================================================
"""
