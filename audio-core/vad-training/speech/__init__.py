"""The speech half of the training corpus: clips with tight speech-activity marks.

Run `python -m speech.build OUT` from the folder above.
"""
