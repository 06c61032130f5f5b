-- How far each indicator is settled, and how often it is renewed.
SELECT indicator, settled_to, refresh
FROM meta.indicator
WHERE len($units::VARCHAR[]) > 0
