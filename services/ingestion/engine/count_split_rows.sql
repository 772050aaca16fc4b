-- reads: {lines}
SELECT count(*)
FROM {lines}
WHERE x_Operation IN ('EKSPod-EC2', 'ECSTask-EC2');
