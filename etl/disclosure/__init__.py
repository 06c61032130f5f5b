"""Disclosure control: what of each figure may be shown, so that no reader learns anything about a few people.

The rules, the attacker they are tested against and what both do not cover are in docs/disclosure.md.
"""
