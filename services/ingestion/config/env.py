from shared.runtime.environment import ServiceEnvironment


class IngestionEnvironment(ServiceEnvironment):
    pass
