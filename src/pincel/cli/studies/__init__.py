"""``pincel study NAME``: one thin file a study."""
