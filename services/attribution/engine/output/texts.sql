-- reads: {texts}
SELECT name, text
FROM {texts}
ORDER BY ALL;
