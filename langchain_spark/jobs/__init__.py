"""Chains over files, and any number of inputs, as jobs."""
