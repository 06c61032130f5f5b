"""The journal: what teams are trying, and what readers ask of the analyst; SQLite in the workspace, or PostgreSQL by URL.

Append-only: nothing in it is changed or deleted, every change is a row more. The caller says who writes (a role, never a
name) and of which units; nothing is read or written of any others.
"""
