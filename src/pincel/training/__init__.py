"""Training networks: one training loop, and networks that stylize in one pass as its first subject.

==================  =======================================================================
``trainer``         the training loop: time, checkpoints, when it ends; what a subject is
``events``          what a training yields
``group``           the processes that train together
``resume``          whether a training that is resumed is the one that began
``style_training``  a feed-forward network as a subject; ``pincel.classify`` has another
``objectives``      J of a crop, after one style or after any
``inputs``          recipe, styles and output, found and checked
``pretrained``      a network to begin with
``pictures``        where pictures come from, and the crops of them
``dead_leaves``     generated pictures: leaves that lie upon each other
``schema``          what a recipe is; ``recipes``, those of the papers and small ones
``state``           the state of a training, and its checkpoint
==================  =======================================================================
"""
