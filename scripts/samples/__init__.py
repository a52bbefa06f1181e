"""Procedural sample pictures: every module here draws one picture, or holds tools that several share."""
