"""Plots of one trial, drawn from the arrays it recorded: a leaf that knows no model, no web and no other room.

`catalog.py` lists them. Each is a module of the same shape, in two halves: `prepare(arrays)` makes a NamedTuple of what
is drawn, saved as JSON beside the picture, and `draw(data)` makes a matplotlib `Figure` of it. `python -m
visualization.figures FOLDER` draws all of them.
"""
