"""What a network computes, as figures: each study is a function from pictures to a report of numbers, pictures and plots.

What studies have in common:

=======================  ====================================================================================
``declarations``         options, pictures and help of each study, in terms of ``declaration``
``report``               the parts of a report, without a layout
``page``, ``write``      a report as one HTML page that needs nothing else; as files: PNG, SVG, CSV, JSON
``plots``, ``heatmaps``  curves, bars and matrices by matplotlib; feature maps as pictures
``number_grid``          numbers in colored squares
``progress``             progress, and requests to end
``settings``             options of every study
``features``             networks, inputs and feature maps
``feature_errors``       distances of pictures, layer by layer
``transfers``            several style transfers one after the other
``receptive_field``      what part of a picture a position depends on
``attribution``          which pixels cause an activation, by Captum
``gradient_flow``        how the gradient of an objective reaches the picture
=======================  ====================================================================================

The studies, in the order of a lecture; modules of a study alone begin with its name or stand beside it:

===================  ===========================================================================================
``convolution``      ``worked_example`` (the arithmetic), ``kernels``, ``convolution_volume`` (filters as volumes, maps stacked)
``filters``          ``filter_shape`` (edge or color), ``filter_tiles``
``activations``      ``layer_stats``, ``layer_figures``
``network``          a whole network to scale, another one beside it; ``layer_costs``
``patches``          ``photographs``, ``top_activations``, ``patch_search``, ``patch_cutting``, ``mosaic``
``maximize``         ``feature_visualization`` (parametrizations, augmentations, objectives)
``problem``          weights moved, then pixels moved; ``tiny_network``
``correlations``     ``gram_single``, ``gram_difference``, ``style_map``: one picture, two, many; ``gram_plots``
``total_variation``  differences of neighboring pixels, J_tv, γ small and large
``objective``        α, β and γ moved by sliders, each picture with its terms
``process``          from noise to picture by three optimizers, as a film; ``animation``
``choices``          two pictures for each choice, one thing changed
``reconstruct``      content and style layer by layer
``grid``             style layers against α/β
``pooling``          average against maximum
``separability``     content and style, one exchanged; ``anova``
``depth``            content from ever deeper layers
``inversion``        a module for each experiment
``natural``          caricatures and maximized channels with natural image statistics
``augmentation``     crops, mirrors, color noise and dropout of AlexNet, as training draws them
``compare``          ``image_distance`` (pixels and layers), ``objective_terms``, ``records``
``ablations``        an AlexNet without each of its parts
===================  ===========================================================================================
"""
