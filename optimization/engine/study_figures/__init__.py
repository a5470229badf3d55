"""Figures of a whole job, as Plotly draws them: how the search went, which hyperparameters matter, what health says.

drawing.py is the way in. of_optuna.py holds all that is taken from Optuna; the figures themselves are plain data.
"""
