"""Classes of pictures: AlexNet as its paper trains it, and what any trained network takes a picture for.

=================  ======================================================================
``answer``         what a network takes a picture for
``schema``         what a recipe of training is
``recipes``        recipes, each value with its source, and what they are without one part
``plan``           the network that a recipe asks for
``data``           a data set, wherever it is; ``listing``, ``hugging_face``, ``textures``
``squares``        pictures as squares of 8 bits
``statistics``     their mean, and how their colors vary
``prepare``        all of this before the first step
``augment``        crops, mirror images and color noise
``loader``         batches, and the processes that prepare them
``network``        the network that learns
``descent``        the paper's gradient descent; ``rate``, when it slows down
``step``           one step, by one process or several
``loop``           step after step, and after each epoch a look at what is held out
``evaluate``       how often it is wrong, and what it takes for what
``state``          where training stands; ``folder``, ``record``, what is on the disk
``events``         what training tells
``training``       all of it together
=================  ======================================================================
"""
