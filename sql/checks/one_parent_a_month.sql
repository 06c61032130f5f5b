-- a unit that stands under two parents in one month
SELECT spell.unit
FROM meta.unit AS spell
JOIN meta.unit AS other
  ON other.unit = spell.unit
 AND other.from_month > spell.from_month
 AND (spell.to_month IS NULL OR other.from_month <= spell.to_month)
