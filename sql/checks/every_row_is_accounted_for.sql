-- a file whose rows read are not those accepted, quarantined and left out by contract
SELECT source, file
FROM meta.file
WHERE rows_read <> rows_accepted + rows_quarantined + rows_left_out
