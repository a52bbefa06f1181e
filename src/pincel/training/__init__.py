"""Training networks: one training loop, and feed-forward networks as its first subject.

==================  =======================================================================
``trainer``         the training loop: time, checkpoints, when it ends; what a subject is
``events``          the events of a training; ``progress`` shows them
``resume``          checks when a training is resumed
``style_training``  a feed-forward network as a subject; ``pincel.classify`` has another
``inputs``          recipe, styles and output, found and checked; ``pretrained`` weights
``data``            contents and styles
``pictures``        sources of images, and random crops; ``dead_leaves``, generated ones
``build``           recipe and data → objective
``objectives``      J of a crop, for one style or for any; ``losses``, its terms
``learner``         one step
``state``           the state of a training, and its checkpoint
``outputs``         the network and its record
``schema``          what a recipe is; ``recipes``, those of the papers and small ones
==================  =======================================================================
"""
