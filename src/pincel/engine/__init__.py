"""THE loop, which yields events, and what it runs on.

============  ==================================================================
``device``    which device, by name
``events``    what the loop tells
``problem``   canvas → objective and gradient: where backbone, losses and canvas meet
``loop``      one step after another until there is a reason to stop
``result``    the picture and why it is what it is
============  ==================================================================
"""
