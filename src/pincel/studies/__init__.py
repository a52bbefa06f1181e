"""What a network sees, as figures: each study is a function from pictures to a report of numbers, pictures and plots.

What studies have in common:

================  ==============================================================================================
``declaration``   what a study declares: options, pictures, help; ``declarations`` has those of each
``report``        what a report is made of, and nothing of how it looks
``page``          a report as one HTML page that needs nothing else
``write``         a report as files: the page, PNG, SVG, CSV, JSON
``plots``         curves, bars, heat maps, maps with thumbnails
``watch``         how far a study is, and whether it is to end
``settings``      options of every study
``look``          a picture, looked at: what the layers of a network answer
``measure``       how far one picture is from another, layer by layer
``paint``         several pictures painted one after the other
``maps``          feature maps as pictures
``number_grid``   numbers in colored squares
``receptive``     what a position sees of the picture
``attribution``   which pixels speak for an answer, by Captum
``flow``          how the gradient of an objective reaches the picture
================  ==============================================================================================

The studies, in the order of a lecture; what is beside one serves it alone:

================  ==============================================================================================
``convolution``   with ``worked`` (the arithmetic), ``kernels``, ``convolution_figures``, ``_sizes``, ``_page``
``filters``       with ``filter_shape`` (edge or color), ``filter_tiles``, ``filters_page``
``activations``   with ``layer_answers``, ``layer_figures``, ``favorites``, ``activations_maps``, ``_page``
``patches``       with ``strongest`` (the streaming top nine), ``finds``, ``mosaic``, ``patches_page``
``maximize``      with ``dreaming`` (how pictures are written and moved about), ``maximize_page``
``correlations``  with ``gram_one``, ``gram_pair``, ``gallery_map``: one picture, two, many; ``gram_view``
``reconstruct``   content and style layer by layer
``grid``          style layers against α/β
``pooling``       average against maximum
``separability``  content and style, one exchanged
``depth``         content from ever deeper layers
``inversion``     with ``inversion_plan``, ``_runs``, ``_errors``; a room an experiment: ``_table``, ``_invariance``, ``_locality``, …
``natural``       with ``natural_paint``, ``_stats`` (how natural a picture is), ``_findings``, ``_texts``, ``_page``
``compare``       with ``apart`` (pixels and layers), ``judged`` (terms of J), ``records``
================  ==============================================================================================
"""
