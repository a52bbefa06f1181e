"""What a network sees, as figures: each study is a function from pictures to a report of numbers, pictures and plots.

================  ===================================================================================
``words``         a text in the languages a report can be read in
``report``        what a report is made of, and nothing of how it looks
``page``          a report as one HTML page that needs nothing else
``write``         a report as files: the page, PNG, SVG, CSV, JSON
``plots``         curves, heat maps, maps with thumbnails
``watch``         how far a study is, and whether it is to end
``look``          a picture, looked at: what the layers of a network answer
``paint``         several pictures painted one after the other
================  ===================================================================================

The other files are the studies, one each.
"""
