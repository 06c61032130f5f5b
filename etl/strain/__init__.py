"""Which teams are under strain, and how sure that is: many indicators become one verdict a unit and month (docs/strain.md)."""
