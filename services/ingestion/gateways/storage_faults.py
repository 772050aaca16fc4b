"""Why a source's storage can't be read, as a code: of S3's answer, or of the system's."""

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from shared.vocabulary.troubles import TroubleCode

STORAGE_ERRORS: Final = (BotoCoreError, ClientError, OSError)
# As S3 names them; of another, the text that is kept says more than a code could.
_CODES: Final = {
    "AccessDenied": TroubleCode.ACCESS_DENIED,
    "AllAccessDisabled": TroubleCode.ACCESS_DENIED,
    "AccountProblem": TroubleCode.ACCESS_DENIED,
    "403": TroubleCode.ACCESS_DENIED,
    "InvalidAccessKeyId": TroubleCode.BAD_CREDENTIALS,
    "SignatureDoesNotMatch": TroubleCode.BAD_CREDENTIALS,
    "ExpiredToken": TroubleCode.BAD_CREDENTIALS,
    "InvalidToken": TroubleCode.BAD_CREDENTIALS,
    "TokenRefreshRequired": TroubleCode.BAD_CREDENTIALS,
    "PermanentRedirect": TroubleCode.OTHER_REGION,
    "AuthorizationHeaderMalformed": TroubleCode.OTHER_REGION,
    "IllegalLocationConstraintException": TroubleCode.OTHER_REGION,
    "301": TroubleCode.OTHER_REGION,
    "NoSuchBucket": TroubleCode.NO_SUCH_BUCKET,
    "404": TroubleCode.NO_SUCH_BUCKET,
}


def storage_code(error: Exception) -> TroubleCode:
    match error:
        case ClientError():
            return _CODES.get(error.response["Error"].get("Code", ""), TroubleCode.NO_STORAGE)
        case NoCredentialsError() | PartialCredentialsError():
            return TroubleCode.BAD_CREDENTIALS
        case EndpointConnectionError():
            return TroubleCode.NO_STORAGE
        case FileNotFoundError() | NotADirectoryError():
            return TroubleCode.NO_SUCH_FOLDER
        case PermissionError():
            return TroubleCode.ACCESS_DENIED
    return TroubleCode.NO_STORAGE
