"""The course: the lecture on neural style transfer, a page a slide group, made from the reader's own pictures.

=================  ====================================================================
``declaration``    what a page says and shows
``lecture``        the pages of the lecture, in its order
``readings``       the pages on the papers behind it
``drawn``          figures of pages that no study makes
``render``         a page, and the table of contents, as HTML
``make``           makes the pages that are missing
``public``         ``pincel.course``
=================  ====================================================================
"""
