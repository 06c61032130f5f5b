-- Settings that protect people less than the defaults do.
SELECT setting, "value", default_value
FROM meta.setting
WHERE len($units::VARCHAR[]) > 0
ORDER BY setting
