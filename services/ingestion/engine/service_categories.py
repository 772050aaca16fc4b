"""FOCUS ServiceCategory by AWS product code; what is not listed is `Other`.

The categories are those of the FOCUS 1.2 specification; the assignment is ours.
"""

from typing import Final

_CODES: Final = {
    "AI and Machine Learning": "AmazonBedrock AmazonBedrockService AmazonSageMaker"
    " AmazonRekognition AmazonTextract comprehend translate transcribe AmazonPolly AmazonLex",
    "Analytics": "AmazonAthena ElasticMapReduce AWSGlue AmazonKinesis AmazonKinesisFirehose"
    " AmazonKinesisAnalytics AmazonQuickSight AmazonES AmazonMSK AWSLakeFormation",
    "Business Applications": "AmazonWorkMail AmazonConnect AmazonChime AmazonPinpoint AmazonSES",
    "Compute": "AmazonEC2 AWSLambda AmazonECS AmazonEKS AWSBatch AmazonLightsail"
    " AWSElasticBeanstalk AWSAppRunner ComputeSavingsPlans AmazonECSFargate AWSFargate",
    "Databases": "AmazonRDS AmazonDynamoDB AmazonElastiCache AmazonRedshift AmazonNeptune"
    " AmazonDocDB AmazonMemoryDB AmazonTimestream AmazonDAX DatabaseSavingsPlans",
    "Developer Tools": "CodeBuild AWSCodePipeline AWSCodeCommit AWSCodeArtifact AWSXRay"
    " AWSCodeDeploy",
    "Identity": "AmazonCognito AWSDirectoryService AWSIAMAccessAnalyzer",
    "Integration": "AWSQueueService AmazonSNS AmazonStates AWSEvents AmazonMQ AWSAppSync"
    " AmazonApiGateway",
    "Management and Governance": "AmazonCloudWatch AWSCloudTrail AWSConfig AWSSystemsManager"
    " AWSServiceCatalog AWSCloudFormation AWSSupportBusiness AWSSupportEnterprise"
    " AWSSupportDeveloper AWSSupportBasic AWSCostExplorer AmazonGrafana AmazonPrometheus",
    "Media": "AWSElementalMediaConvert AWSElementalMediaLive AmazonIVS",
    "Migration": "AWSDatabaseMigrationSvc AWSDataTransfer AWSTransfer AWSDataSync",
    "Networking": "AmazonVPC AWSELB AmazonCloudFront AmazonRoute53 AWSDirectConnect"
    " AWSGlobalAccelerator AWSNetworkFirewall AmazonVPCLattice",
    "Security": "awskms AWSSecretsManager AmazonGuardDuty AmazonInspector AmazonInspectorV2"
    " AWSSecurityHub awswaf AmazonMacie AWSShield AWSCertificateManager AmazonDetective",
    "Storage": "AmazonS3 AmazonEFS AmazonFSx AWSBackup AmazonGlacier AmazonS3GlacierDeepArchive"
    " AmazonECR AWSStorageGateway AmazonECRPublic",
}

CATEGORY_OF: Final = {
    code: category for category, codes in _CODES.items() for code in codes.split()
}
