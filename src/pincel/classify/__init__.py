"""Classification: AlexNet as its paper trains it, and the classes that any trained network finds in an image.

==============  ======================================================================
``predict``     classification of an image
``schema``      what a recipe of training is
``recipes``     recipes, each value with its source, and the same without one part
``plan``        the network of a recipe
``data``        data sets; ``index``, ``hugging_face``, ``textures``, ``shapes``
``squares``     images as squares of 8 bits
``statistics``  their mean image and colors
``prepare``     data set and statistics before the first step
``augment``     crops, mirror images and color noise
``loader``      batches, and the processes that prepare them
``network``     the network in training
``sgd``         the paper's gradient descent; ``rate``, its learning rate
``step``        one step, by one process or several
``loop``        epochs of steps, each with an evaluation on the validation set
``evaluate``    errors and the confusion matrix
``state``       the state of a training; ``folder`` and ``record``, its files
``config``      device, precision and memory
``training``    a training as a subject of the trainer
``public``      trainings as functions, also of networks of styles
==============  ======================================================================
"""
