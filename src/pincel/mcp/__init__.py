"""A server of the Model Context Protocol, over standard input and output: assistants paint with pincel."""
