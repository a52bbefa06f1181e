"""The optimization loop, which yields events, and what it runs on.

======================  ===========================================================================
``events``              what a run yields
``problem``             what is optimized: backbone, losses, canvas
``evaluator``           how it is evaluated: its value and gradient; ``gradient_mode``, which gradient
``loop``                one step after another until a stop criterion holds; ``multiscale``, coarse to fine
``tiles``, ``layout``   a network evaluated tile by tile; ``sharing`` and ``process_group``, by several processes
``estimate``            memory and arithmetic of an evaluation; ``throughput``, its time
``checkpoint``          states on the disk; ``snapshot``, as tensors and JSON; ``checkpoint_manager``, when
``history``             steps and notes of a run; ``result``, its picture and record
``precision``           how convolutions multiply; ``device``, ``memory``, ``clock``: the hardware
======================  ===========================================================================
"""
