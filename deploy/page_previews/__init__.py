"""The portal's templates with believable data and no server, to look at and to test."""
