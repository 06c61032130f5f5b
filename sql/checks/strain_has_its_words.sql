-- a word about strain that is not one of the six, is dated later than it was said, or gives no reason where it must
SELECT unit, month
FROM mart.strain
WHERE verdict NOT IN ('clear_strain', 'likely_strain', 'not_clear', 'steady', 'likely_easing', 'clear_easing')
   OR since > month
   OR (len(because) > 0) <> (verdict NOT IN ('not_clear', 'steady'))
