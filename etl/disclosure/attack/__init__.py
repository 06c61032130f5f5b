"""The attacker: what a patient reader with pencil and computer can work out from every release ever published.

It reads releases alone, and knows what colleagues know: each unit's people and the size of each denominator. It shares nothing
with the protection but the reading of files (releases.py): a fault there shall not be repeated here.
"""
