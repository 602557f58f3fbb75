"""Learned priors of poses and motions, and the generators that search them for what a text asks."""
